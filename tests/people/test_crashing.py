"""Named points do nothing unless a process was started with them armed, and only a harness may do that."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from people import crashing

ROOT = Path(crashing.__file__).parents[1]


def run(points: object, *reached: str) -> tuple[int, float]:
    """Reach these points in a process of their own; return how it ended and how long it took."""
    code = (
        f"from people import crashing\nfor ids in ({', '.join(reached)},):\n    crashing.reached('work', ids)"
    )
    began = time.monotonic()
    env = {**os.environ, crashing.VARIABLE: json.dumps(points) if points else ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT)
    return done.returncode, time.monotonic() - began


def test_crashing_ends_a_process_at_its_point_and_nowhere_else() -> None:
    assert run(None, "[]")[0] == 0
    assert run({"other": {}}, "[]")[0] == 0
    assert run({"work": {}}, "[]")[0] == 137


def test_crashing_waits_for_its_turn_and_for_its_ids() -> None:
    assert run({"work": {"nth": 3}}, "[]", "[]")[0] == 0
    assert run({"work": {"nth": 3}}, "[]", "[]", "[]")[0] == 137
    assert run({"work": {"ids": [7]}}, "[1, 2]")[0] == 0
    assert run({"work": {"ids": [7]}}, "[1, 7]")[0] == 137


def test_crashing_ends_one_of_those_that_share_a_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    points = {"work": {"once": str(token)}}

    assert [run(points, "[]")[0], token.exists(), run(points, "[]")[0]] == [137, False, 0]


def test_crashing_can_hold_a_process_up_instead() -> None:
    returncode, seconds = run({"work": {"sleep_s": 1.5}}, "[]")
    assert (returncode, seconds > 1.4) == (0, True)


@pytest.mark.parametrize(("marked", "https"), [(False, False), (True, True), (False, True)])
def test_crashing_is_refused_outside_of_a_harness(tmp_path: Path, marked: bool, https: bool) -> None:
    if marked:
        (tmp_path / crashing.MARK).touch()
    armed = {crashing.VARIABLE: "{}"}
    assert list(crashing.faults(armed, tmp_path, https=https))
    assert list(crashing.faults({}, tmp_path, https=https)) == []


def test_crashing_is_allowed_on_data_that_a_harness_has_marked(tmp_path: Path) -> None:
    (tmp_path / crashing.MARK).touch()
    assert list(crashing.faults({crashing.VARIABLE: "{}"}, tmp_path, https=False)) == []


def test_settings_refuse_to_start_armed(tmp_path: Path) -> None:
    env = {**os.environ, crashing.VARIABLE: '{"work": {}}', "LIFELINE_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=env, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "is for the fault harness alone" in done.stderr
