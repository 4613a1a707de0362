"""The bill of materials: what is installed, no more and no less, in the form of CycloneDX 1.6."""

import json
from importlib.metadata import distributions
from pathlib import Path

from config.supply.lock import RUN, pins
from config.supply.sbom import bill, main


def test_bill_names_every_pin_with_its_hashes(tmp_path: Path) -> None:
    main(tmp_path / "sbom.json")
    told = json.loads((tmp_path / "sbom.json").read_text())

    found = pins(RUN)
    assert len(found) > 60
    assert [(each["name"], each["version"]) for each in told["components"]] == [
        (pin.name, pin.version) for pin in found
    ]
    assert all(each["hashes"] for each in told["components"])
    assert all(len(one["content"]) == 64 for each in told["components"] for one in each["hashes"])
    # As the specification asks (1.6, bom-1.6.schema.json): the form, its version, references that lead somewhere.
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    references = [each["bom-ref"] for each in told["components"]]
    assert len(set(references)) == len(references)
    assert told["dependencies"] == [{"ref": "lifeline", "dependsOn": references}]
    assert all(each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}" for each in told["components"])


def test_same_lock_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        main(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_what_runs_here_stands_in_the_lock() -> None:
    """Else what the bill says would be another product's."""
    here = {
        each.metadata["Name"].lower().replace("_", "-").replace(".", "-"): each.version
        for each in distributions()
    }
    for pin in pins(RUN):
        name = pin.name.lower().replace("_", "-").replace(".", "-")
        if name in here:
            assert here[name] == pin.version, name
    assert bill([], "1")["components"] == []
