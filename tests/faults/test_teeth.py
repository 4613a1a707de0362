import subprocess
from pathlib import Path

import pytest

from faults.invariants import CHECKS
from faults.teeth.__main__ import ROOT, Tooth, teeth

TEETH = teeth()


@pytest.mark.parametrize("tooth", TEETH, ids=lambda tooth: tooth.name)
def test_a_tooth_fits_the_tree_and_names_the_invariant_that_must_find_it(tooth: Tooth) -> None:
    assert tooth.caught_by in CHECKS
    assert tooth.why.endswith(".")
    done = subprocess.run(
        ["git", "apply", "--check", str(tooth.patch)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_tooth_that_changes_tables_has_a_database_of_its_own() -> None:
    assert {tooth.name for tooth in TEETH if tooth.changes_tables} == {"missing-unique-constraint"}


def test_a_tooth_is_told_from_the_next_by_its_name() -> None:
    assert (
        len({tooth.name for tooth in TEETH})
        == len(TEETH)
        == len(list(Path(ROOT, "faults/teeth").glob("*.patch")))
    )
