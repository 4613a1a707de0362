"""The file an organisation takes home: accepted by the stand-alone verifier as it is, and in no other way."""

import json
import random
import re
import subprocess
import sys
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from custody_verifier.custody_verify import Wrong, verify
from parcels.custody_log import exporting
from people import heads
from people.models import AuditEntry, Organisation
from tests.factories import World, accepted, handed_over, registered
from tests.parcels.custody_log.conftest import seal

VERIFIER = Path("custody_verifier/custody_verify.py").resolve()


def exported(organisation: Organisation, since: datetime | None = None) -> bytes:
    now = timezone.now()
    lines = exporting.export(organisation, since or now - timedelta(days=1), now=now)
    return "".join(f"{line}\n" for line in lines).encode()


def checked(file: bytes, *, pinned: list[str] | None = None, known: dict[int, bytes] | None = None) -> Any:
    return verify(BytesIO(file), pinned or [], known or {})


def is_refused(file: bytes, **options: Any) -> bool:
    try:
        checked(file, **options)
    except Wrong:
        return True
    return False


@pytest.fixture
def small(w: World) -> bytes:
    accepted(w)
    seal()
    return exported(w.north)


@pytest.fixture
def large(w: World) -> bytes:
    """Two heads, opened movements, and commitments: what is the holding side's."""
    handed_over(w)
    seal()
    handed_over(w)
    registered(w)
    seal()
    return exported(w.south)


def lines_of(file: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.splitlines()]


def test_export_is_accepted_as_it_is(large: bytes) -> None:
    log = checked(large)

    assert (log.first, log.size, log.opened) == (0, 15, 15)
    assert [line["head"]["size"] for line in lines_of(large) if "head" in line] == [7, 15]


def test_small_export_is_refused_after_any_one_byte_is_changed(small: bytes) -> None:
    """Every byte, to another one each; the seed makes it the same in every run."""
    rng = random.Random(5)  # noqa: S311
    accepted_ = [
        at
        for at in range(len(small))
        if not is_refused(small[:at] + bytes([small[at] ^ rng.randrange(1, 256)]) + small[at + 1 :])
    ]
    assert accepted_ == []


def test_larger_export_is_refused_after_any_one_byte_is_changed_put_in_or_taken_out(large: bytes) -> None:
    rng = random.Random(6)  # noqa: S311
    for _ in range(400):
        at, other = rng.randrange(len(large)), bytes([rng.randrange(256)])
        assert is_refused(large[:at] + large[at + 1 :])
        assert is_refused(large[:at] + other + large[at:])
        if other != large[at : at + 1]:
            assert is_refused(large[:at] + other + large[at + 1 :])


def test_export_is_refused_without_its_end_or_with_more(small: bytes) -> None:
    *whole, end = small.splitlines(keepends=True)
    for changed in (
        b"",
        small[:-1],
        b"".join(whole),
        small + b"\n",
        small + end,
        end,
        b"".join([*whole[1:], end]),
    ):
        assert is_refused(changed)


def _signed_anew(lines: list[dict[str, Any]]) -> bytes:
    """Sign what was changed, as whoever holds the key and wants to deceive one side would."""
    texts = (exporting.text(line) for line in lines[:-1])
    return "".join(f"{line}\n" for line in exporting._signed(texts)).encode()


@pytest.mark.parametrize(
    "deceit",
    ["change an entry", "change a part", "swap commitments", "drop a leaf", "forge a proof", "drop a head",
     "forge a growth", "another key's name", "tell a part of another"],
)  # fmt: skip
def test_whoever_holds_the_key_cannot_change_the_past_either(large: bytes, deceit: str) -> None:
    lines = lines_of(large)
    opened = next(line for line in lines if "entry" in line)
    if deceit == "change an entry":
        opened["entry"]["status"] = "lost"
    elif deceit == "change a part":
        opened["parts"]["contents"]["told"]["reason"] = "x"
    elif deceit == "swap commitments":
        lines[1], lines[2] = {**lines[2], "index": 0}, {**lines[1], "index": 1}
    elif deceit == "drop a leaf":
        del lines[3]
    elif deceit == "forge a proof":
        opened["proof"][0] = opened["proof"][1]
    elif deceit == "drop a head":
        lines = [line for line in lines if line.get("head", {}).get("size") != 15]
    elif deceit == "forge a growth":
        lines[-2]["grew"] = lines[-2]["grew"][:-1]
    elif deceit == "another key's name":
        lines[0]["keys"] = {"0" * 16: next(iter(lines[0]["keys"].values()))}
    else:
        opened["parts"]["kept"] = opened["parts"]["contents"]
    assert not is_refused(_signed_anew(lines_of(large)))

    assert is_refused(_signed_anew(lines))


def test_export_since_a_day_begins_at_a_head_that_was_known_then(w: World) -> None:
    for _ in range(2):
        handed_over(w)
        seal()
    between = timezone.now()
    first = exported(w.north)
    registered(w)
    seal()

    later = exported(w.north, since=between)

    log = checked(later)
    assert (log.first, log.size, log.opened) == (14, 15, 1)
    assert [line["head"]["size"] for line in lines_of(later) if "head" in line] == [14, 15]
    known = lines_of(first)[0]
    assert not is_refused(later, known={known["size"]: bytes.fromhex(known["root"])})
    assert is_refused(later, known={14: bytes(32)})
    assert is_refused(later, known={7: bytes(32)})  # cannot be told from here


def test_key_that_the_reader_knows_is_asked_for(small: bytes) -> None:
    (public,) = heads.public_keys().values()

    assert not is_refused(small, pinned=[public.hex()])
    assert is_refused(small, pinned=["00" * 32])


def test_no_member_of_staff_and_no_account_stands_in_an_export(w: World, large: bytes) -> None:
    text = large.decode()
    names = ("Amina", "Bruno", "Chiara", "Dawit", "Elena", "Farid", "Gita", "Olha", "Pavlo")
    assert [name for name in names if re.search(name, text, re.IGNORECASE)] == []
    assert {key for line in lines_of(large) for key in line.get("entry", {})} == {
        "version", "parcel", "from_status", "move", "status", "happened_at", "recorded_at", "organisation",
        "actor", "details", "hidden",
    }  # fmt: skip


def test_export_is_recorded_in_the_audit(w: World, small: bytes) -> None:
    entry = AuditEntry.objects.get(act="export_log")
    assert (entry.by, entry.subject_kind, entry.subject) == ("command", "organisation", w.north.pk)


def test_nothing_is_exported_before_anything_is_sealed(w: World) -> None:
    registered(w)

    with pytest.raises(exporting.NothingSealed):
        exported(w.north)


def run(*arguments: object, folder: Path) -> tuple[int, str]:
    """Run the verifier as its user does: alone, isolated, from another folder."""
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, *map(str, arguments)],
        cwd=folder, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_verifier_runs_alone(large: bytes, tmp_path: Path) -> None:
    file, other = tmp_path / "export.jsonl", tmp_path / "changed.jsonl"
    file.write_bytes(large)
    other.write_bytes(large.replace(b"hand_over", b"hand_0ver"))
    ((name, public),) = heads.public_keys().items()

    code, said = run(file, folder=tmp_path)
    assert (code, said.splitlines()[0]) == (
        0, f"Sound: 15 of 15 movements, 15 of them told; signed with {name}.",
    )  # fmt: skip
    assert run(file, "--key", public.hex(), "--known", file, folder=tmp_path)[0] == 0
    assert run(other, folder=tmp_path)[0] == 1
    assert run(tmp_path / "none", folder=tmp_path)[0] == 2
    assert run(file, "--known", VERIFIER, folder=tmp_path)[0] == 2
