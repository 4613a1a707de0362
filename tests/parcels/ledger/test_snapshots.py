"""A ledger frozen for a meeting: what is kept, that it is sound, and how two of them differ."""

import hashlib
import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from parcels.ledger import ledger_of, snapshots
from parcels.ledger.snapshots import compared, document, freeze, is_sound
from parcels.models import LedgerSnapshot
from people import actors
from people.canonical import sha256
from tests.factories import NOON, World, accepted, dispatched, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def frozen(w: World, *, days: int = 0) -> LedgerSnapshot:
    now = NOON + timedelta(days=days)
    ledger = ledger_of(w.terms.agreement, actor=w.act(w.gita), now=now)
    return freeze(ledger, meets_on=date(2026, 12, 1))


def test_text_is_canonical_and_has_its_hash(w: World) -> None:
    accepted(w)
    snapshot = frozen(w)
    assert snapshot.sha256 == hashlib.sha256(snapshot.text.encode()).hexdigest()
    assert is_sound(snapshot)
    told = json.loads(snapshot.text)
    assert snapshot.text.startswith('{"agreement":')
    assert (told["format"], told["seen_by"], told["made_at"], told["meets_on"]) == (
        "lifeline-ledger/1", "north", "2026-11-20T12:00:00Z", "2026-12-01",
    )  # fmt: skip


def test_same_ledger_at_the_same_moment_has_the_same_hash(w: World) -> None:
    accepted(w)
    assert frozen(w).sha256 == frozen(w).sha256


def test_snapshot_never_changes(w: World) -> None:
    snapshot = frozen(w)
    for change in (
        lambda: LedgerSnapshot.objects.update(meets_on=None),
        lambda: LedgerSnapshot.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert LedgerSnapshot.objects.get().text == snapshot.text


def test_database_refuses_a_hash_that_is_not_the_texts(w: World) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerSnapshot.objects.create(
            agreement=w.terms.agreement, organisation=w.north, text="{}", sha256=sha256("[]"),
            made_by=w.gita, made_at=NOON,
        )  # fmt: skip
    assert LedgerSnapshot.objects.count() == 0


def test_text_that_is_not_canonical_is_not_sound(w: World) -> None:
    text = '{"b": 1, "a": 2}'
    assert not is_sound(LedgerSnapshot(text=text, sha256=sha256(text)))


def test_nobody_but_staff_freezes(w: World) -> None:
    ledger = ledger_of(w.terms.agreement, actor=actors.worker(w.north.pk), now=NOON)
    with pytest.raises(ValueError, match="worker"):
        freeze(ledger, meets_on=None)
    assert LedgerSnapshot.objects.count() == 0


def test_two_snapshots_differ_in_the_numbers_that_changed(w: World) -> None:
    accepted(w)
    before = json.loads(frozen(w).text)
    assert compared(before, before) == []
    dispatched(w)
    after = json.loads(frozen(w, days=1).text)
    changes = {each.line.what: (each.before, each.after) for each in compared(before, after)}
    assert changes == {"accept": (1, 2), "declared": (1, 2), "dispatch": (None, 1)}
    back = {each.line.what: (each.before, each.after) for each in compared(after, before)}
    assert back["dispatch"] == (1, None)


def test_every_number_is_a_line(w: World) -> None:
    dispatched(w)
    told = document(ledger_of(w.terms.agreement, actor=w.act(w.gita), now=NOON), meets_on=None)
    found = {(line.what, line.source): line.value for line in snapshots.lines(told)}
    assert found == {
        ("target", "both sides"): 2000,
        ("declared", "north"): 1,
        ("accept", "north"): 1,
        ("dispatch", "north"): 1,
    }


def verify(*files: Path) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("verify_snapshots", *map(str, files), stdout=out, stderr=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue()


def test_command_computes_all_hashes_anew(w: World) -> None:
    snapshot = frozen(w)
    assert verify() == (0, f"{snapshot.sha256}  snapshot {snapshot.pk}: sound\n")


def test_command_knows_a_file_by_its_hash(w: World, tmp_path: Path) -> None:
    snapshot = frozen(w)
    same, changed = tmp_path / "same.json", tmp_path / "changed.json"
    same.write_bytes(snapshot.text.encode())
    changed.write_bytes(snapshot.text.replace("2000", "2001").encode())
    assert verify(same) == (0, f"{snapshot.sha256}  {same}: snapshot {snapshot.pk}\n")
    code, said = verify(same, changed)
    assert (code, said.count("not known here")) == (1, 1)
    assert verify(tmp_path / "none.json")[0] == 2
