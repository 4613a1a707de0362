"""`python -m faults.teeth [NAME …]` (`make faults-teeth`): run the harness over each seeded bug.

Exit 0: every one was caught by the invariant that must catch it. 1: one was not. 2: a patch does not fit.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = Path(__file__).resolve().parent
_SEED: Final = 1
_NOT_ENDED: Final[dict[str, Any]] = {"broken": None, "faults": 0}
_CONTROL: Final = "no bug"
# What the prepared database depends on: a patch to any of these has one of its own.
_MAKES_TABLES: Final = ("migrations/", "guard.py", "row_security.py", "models", "privileges.py")
# Enough for a bug that leaves everything undone to show.
_QUIETLY: Final = ["--calm", "75", "--probes", "1", "--duplicates", "200", "--seed", str(_SEED)]


class Tooth(NamedTuple):
    name: str
    why: str
    caught_by: str
    run: tuple[str, ...]
    patch: Path | None

    @property
    def changes_tables(self) -> bool:
        touched = [line for line in _lines(self.patch) if line.startswith("+++ ")]
        return any(each in line for line in touched for each in _MAKES_TABLES)


class Bite(NamedTuple):
    tooth: Tooth
    broken: dict[str, list[str]] | None
    """None: the run did not come to its end."""
    faults: int
    seconds: float

    @property
    def is_caught(self) -> bool:
        if self.tooth.patch is None:
            return self.broken is not None and not any(self.broken.values())
        return bool(self.broken and self.broken.get(self.tooth.caught_by))


def teeth() -> list[Tooth]:
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def read(path: Path) -> Tooth:
    """:raises ValueError: when a patch does not say what it is"""
    why, *rest = _lines(path)
    told = dict(line.split(": ", 1) for line in rest[:2])
    return Tooth(path.stem, why, told["Caught by"], tuple(shlex.split(told["Run"])), path)


def bite(tooth: Tooth, base: Path) -> Bite:
    """Run the harness on a copy of the tree with this bug in it.

    :raises subprocess.CalledProcessError: when the patch does not fit
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lifeline-tooth-") as folder:
        Path(folder).chmod(0o711)  # what the run leaves lies here too, for PostgreSQL to reach
        copy = _copied(Path(folder))
        if tooth.patch:
            subprocess.run(  # noqa: S603
                ["git", "apply", str(tooth.patch)],  # noqa: S607
                cwd=copy,
                env={**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)},
                check=True,
            )
        out = Path(folder) / "outcome.json"
        kept = Path(folder) / "base" if tooth.changes_tables else base
        arguments = [*_QUIETLY, *tooth.run, "--base", str(kept), "--out", str(out)]
        command = [sys.executable, "-m", "faults", *arguments]
        ran = subprocess.run(command, cwd=copy, env=_environment(copy), capture_output=True, text=True)  # noqa: S603
        if not out.exists():
            sys.stderr.write("\n".join(ran.stderr.splitlines()[-5:]) + "\n")
        told: dict[str, Any] = json.loads(out.read_text()) if out.exists() else _NOT_ENDED
    return Bite(tooth, told["broken"], told["faults"], time.monotonic() - began)


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="python -m faults.teeth", description="Does the harness catch known bugs?")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="these alone, without the run that has no bug"
    )
    names = parser.parse_args(arguments).names
    chosen = [tooth for tooth in teeth() if not names or tooth.name in names]
    if not chosen:
        sys.stderr.write("There is no such tooth.\n")
        return 2
    control = Tooth(_CONTROL, "", "", ("--faults", "12", "--parcels", "40", "--seconds", "40"), None)
    with tempfile.TemporaryDirectory(prefix="lifeline-teeth-") as folder:
        caught = 0
        for tooth in chosen if names else [control, *chosen]:
            try:
                found = bite(tooth, Path(folder) / "base")
            except subprocess.CalledProcessError:
                sys.stderr.write(f"{tooth.name}: the patch does not fit the tree.\n")
                return 2
            caught += found.is_caught
            _say(found)
    total = len(chosen) + (not names)
    sys.stdout.write(f"{caught} of {total} as it must be.\n")
    return 0 if caught == total else 1


def _say(bite: Bite) -> None:
    if bite.tooth.patch is None:
        how = "passes" if bite.is_caught else "DOES NOT PASS"
    else:
        how = f"caught: {bite.tooth.caught_by}" if bite.is_caught else "NOT CAUGHT"
    sys.stdout.write(f"{bite.tooth.name:<34}{how:<66}{bite.faults:>3} faults{bite.seconds:>6.0f} s\n")
    for name, found in (bite.broken or {}).items():
        if found and not (bite.is_caught and name == bite.tooth.caught_by):
            sys.stdout.write(f"    also {name}: {found[0]}\n")
    sys.stdout.flush()


def _copied(folder: Path) -> Path:
    """Copy what git knows of, as it lies here, changes included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    copy = folder / "tree"
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "TMPDIR": str(copy.parent)}


def _lines(path: Path | None) -> list[str]:
    return path.read_text().splitlines() if path else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
