"""The bill of materials: every package the product runs on, as CycloneDX 1.6 JSON, made from the lock.

python -m config.supply.sbom FILE

The same lock gives the same bytes: no time, no serial number.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from config.supply.lock import BASE_DIR, RUN, Pin, pins


def bill(found: list[Pin], version: str) -> dict[str, Any]:
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "lifeline",
                "name": "lifeline",
                "version": version,
                "licenses": [{"license": {"id": "AGPL-3.0-or-later"}}],
            }
        },
        "components": [_component(pin) for pin in found],
        "dependencies": [{"ref": "lifeline", "dependsOn": [_address(pin) for pin in found]}],
    }


def _component(pin: Pin) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _address(pin),
        "name": pin.name,
        "version": pin.version,
        "purl": _address(pin),
        # Of the files that may be installed; each machine takes one.
        "hashes": [{"alg": "SHA-256", "content": each} for each in pin.hashes],
    }


def _address(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def main(path: Path) -> None:
    version = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill(pins(RUN), version), indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
