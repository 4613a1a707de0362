"""What `custody verify` finds: whatever the owner of the tables did to them, with all guards lifted."""

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command

from parcels.actions import observe
from parcels.custody_log import CUSTODY, exporting, opening
from parcels.models import CustodyCheck, CustodyLeaf, CustodySalt, Movement, Parcel
from people.models import Alarm, Erasure
from people.verifying import Fault, verify
from tests.databases import Database
from tests.factories import NOON, World, handed_over, move, registered
from tests.parcels.custody_log.conftest import seal
from tests.parcels.custody_log.tampering import DEEDS, Owner, Tamperer

TAMPERS = int(os.environ.get("LIFELINE_TAMPERS", "60"))


@pytest.fixture
def owner(committed_db: Database) -> Iterator[Owner]:
    with psycopg.connect(committed_db.owner_url, autocommit=True) as connection:
        connection.execute("SET lifeline.system = 'on'")
        yield connection


@pytest.fixture
def log(w: World) -> int:
    """Three heads over two parcels' lives and enough looks at one to have a node; return the size."""
    number = handed_over(w).number
    seal()
    for count in (250, 12):
        observe([number] * count, "flag", by=w.act(w.gita), now=NOON)
        registered(w)
        seal()
    return Movement.objects.count()


def test_log_that_was_not_touched_is_sound(w: World, log: int) -> None:
    registered(w)

    assert verify(CUSTODY) == (log, 0, 1, [])


def test_every_tampering_is_found_and_the_first_bad_movement_named(log: int, owner: Owner) -> None:
    tamperer, missed = Tamperer(owner, seed=5), []
    for number in range(TAMPERS):
        deed = tamperer.do(number)
        faults = verify(CUSTODY).faults
        if not faults or faults[0].place != deed.place:
            missed.append((number, deed, faults[:2]))
        tamperer.undo()
    assert missed == []
    assert verify(CUSTODY) == (log, 0, 0, [])
    assert len(DEEDS) <= TAMPERS


def test_bad_movement_is_named_as_people_name_it(w: World, log: int, owner: Owner) -> None:
    number = Parcel.objects.earliest("pk").number
    leaf = CustodyLeaf.objects.get(index=4)
    Tamperer(owner, seed=1).run("UPDATE parcels_movement SET details = '{}' WHERE id = %s", leaf.movement)

    (fault,) = verify(CUSTODY).faults

    assert fault == Fault(4, leaf.movement, "changed", f"movement 5 of {number}")
    assert str(fault) == f"changed: place 4, entry {leaf.movement}, movement 5 of {number}"


def test_erased_leaf_counts_by_its_hash_and_only_if_its_people_were_erased(
    w: World, log: int, owner: Owner
) -> None:
    parcel = Parcel.objects.latest("pk")
    (leaf,) = CustodyLeaf.objects.filter(movement__in=parcel.movements.values("pk"))
    tamperer = Tamperer(owner, seed=1)
    tamperer.run("DELETE FROM parcels_custodysalt WHERE index = %s", leaf.index)
    assert [fault.what for fault in verify(CUSTODY).faults] == ["its salt was removed"]

    tamperer.run(
        "INSERT INTO people_erasure (person_id, rule, counts) VALUES (%s, 'senders', '{}')", parcel.sender_id
    )

    assert Erasure.objects.count() == 1
    assert verify(CUSTODY) == (log, 1, 0, [])


def test_erasing_somebody_takes_the_secrets_of_their_leaves_and_no_others(
    w: World, log: int, owner: Owner
) -> None:
    parcel = registered(w)
    move(parcel, "cancel", w.act(w.amina))
    seal()
    places = list(CustodyLeaf.objects.filter(index__gte=log).values_list("index", flat=True))

    owner.execute("SELECT lifeline_erase(%s, 'senders', NULL, NULL)", [[parcel.sender_id]])

    assert list(CustodySalt.objects.filter(index__gte=log)) == []
    assert CustodySalt.objects.count() == log
    assert len(places) == 2
    assert verify(CUSTODY) == (log + 2, 2, 0, [])
    found = opening.opened(opening.leaves(log, 2), by=exporting.reader(w.north), now=NOON)
    assert [set(each) for each in found] == [{"index", "leaf"}] * 2


def command(*arguments: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("custody", *map(str, arguments), stdout=out, stderr=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_command_says_sound_or_names_the_first_bad_movement(log: int, owner: Owner) -> None:
    assert command("verify") == (0, f"{log} sealed, 0 erased, 0 not sealed yet\nSound.\n")
    Tamperer(owner, seed=1).run("UPDATE parcels_movement SET status = 'lost' WHERE number = 3")

    code, said = command("verify")

    assert code == 1
    assert said.splitlines()[1].startswith("changed: place 2, entry ")
    before, after = CustodyCheck.objects.order_by("pk")
    assert (before.size, before.faults, before.first) == (log, 0, None)
    assert (after.size, after.first) == (log, 2)
    assert after.faults
    assert Alarm.objects.get().kind == Alarm.Kind.CUSTODY


def test_command_exports_once_and_says_what_was_wrong(w: World, log: int, tmp_path: Path) -> None:
    out = tmp_path / "north.jsonl"
    asked = ("export", "--for", "north", "--since", "2026-01-01", "--out")

    code, said = command(*asked, out)

    assert (code, said) == (0, f"{out}: {log + 5} lines\n")
    assert out.stat().st_mode & 0o777 == 0o600
    before = out.read_bytes()
    assert command(*asked, out) == (2, "The file cannot be written: File exists.")
    assert out.read_bytes() == before
    for wrong in (
        ("export", "--for", "nobody", "--since", "2026-01-01", "--out", tmp_path / "x"),
        ("export", "--for", "north", "--since", "yesterday", "--out", tmp_path / "x"),
        ("export", "--for", "north", "--since", "2026-02-30", "--out", tmp_path / "x"),
        (*asked, tmp_path / "none" / "x"),
    ):
        assert command(*wrong)[0] == 2
    assert not (tmp_path / "x").exists()


def test_nothing_to_export_leaves_no_file(w: World, tmp_path: Path) -> None:
    out = tmp_path / "north.jsonl"

    assert command("export", "--for", "north", "--since", "2026-01-01", "--out", out)[0] == 2
    assert not out.exists()


def test_log_that_was_cut_with_its_heads_is_found_by_an_earlier_export(
    w: World, log: int, owner: Owner, tmp_path: Path
) -> None:
    """Within the database alone this is a younger log."""
    out = tmp_path / "north.jsonl"
    command("export", "--for", "north", "--since", "2026-01-01", "--out", out)
    assert command("verify", "--known", out)[0] == 0
    t = Tamperer(owner, seed=1)
    size = t.heads[-2]
    t.run("DELETE FROM parcels_custodyhead WHERE size > %s", size)
    t.run(
        "DELETE FROM parcels_movement m USING parcels_custodyleaf l WHERE l.movement = m.id AND index >= %s",
        size,
    )
    for table in ("leaf", "salt"):
        t.run(f"DELETE FROM parcels_custody{table} WHERE index >= %s", size)

    assert command("verify")[0] == 0
    assert command("verify", "--known", out)[0] == 1
    assert command("verify", "--known", tmp_path / "none")[0] == 2
    (tmp_path / "other").write_text(json.dumps({"head": {}}))
    assert command("verify", "--known", tmp_path / "other")[0] == 2
