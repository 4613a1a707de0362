"""Each kind of difference, made as no process of ours can: by the owner of the tables, with every guard gone."""

from collections.abc import Callable, Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from parcels import reconciling
from parcels.models import Consignment, Difference, Movement, Parcel, Reconciliation
from parcels.reconciling import Found
from parcels.workers import reconcile
from people.models import Alarm, AuditEntry
from tests.databases import Database, as_role
from tests.factories import World, accepted, dispatched, handed_over, move, packed, registered, world
from tests.parcels.custody_log.conftest import seal
from tests.parcels.workers.conftest import WORKER

Told = list[tuple[str, str | None, int | None]]


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()


# What the owner of the tables may do and no process: every trigger sleeps, and no key or check is left.
_GUARDS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname)
  FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace
   AND (contype = 'f' OR contype IN ('c', 'u') AND conrelid = 'parcels_movement'::regclass)
"""
_SLEEP = ("parcels_movement", "parcels_parcel", "exchanges_round")


@pytest.fixture
def asleep(committed_db: Database) -> Iterator[Callable[..., None]]:
    """Write past every guard, as who owns the tables and means harm."""
    with psycopg.connect(committed_db.owner_url, autocommit=True) as owner:

        def execute(statement: str, *parameters: object) -> None:
            for (drop,) in owner.execute(_GUARDS).fetchall():
                owner.execute(drop)
            for table in _SLEEP:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement, parameters).rowcount

        yield execute


def past(on: Database, table: str, column: str, interval: str) -> None:
    """Let time pass for rows that the web process may not write."""
    with psycopg.connect(on.owner_url, autocommit=True) as owner:
        owner.execute(f"UPDATE {table} SET {column} = {column} - %s::interval", [interval])


def look() -> Told:
    with as_role(WORKER):
        found = reconciling.look().found
    numbers = dict(Parcel.objects.values_list("pk", "number"))
    return [(each.kind, numbers.get(each.parcel or 0), each.number) for each in found]


def test_nothing_is_found_where_all_is_well(w: World) -> None:
    late = dispatched(w)
    move(late, "hand_over", w.act(w.elena), act="A-1")  # nobody scanned it at the intermediary's
    for made in (registered, accepted, packed, handed_over):
        made(w)
    lost = move(handed_over(w), "report_missing", w.act(w.elena))
    move(lost, "find", w.act(w.elena), where="admitted", seal="S")
    back = move(dispatched(w), "bring_back", w.act(w.dawit), reason="road")
    move(back, "return", w.act(w.amina))

    assert look() == []


def test_status_that_its_movements_do_not_come_to_is_found(w: World, asleep: Callable[..., None]) -> None:
    parcel, _ = accepted(w), accepted(w)
    asleep("UPDATE parcels_parcel SET status = 'cleared' WHERE id = %s", parcel.pk)

    assert look() == [("status", parcel.number, 2)]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM parcels_movement WHERE parcel_id = %s AND number = 3", "numbering"),
        ("UPDATE parcels_movement SET number = 9 WHERE parcel_id = %s AND number = 4", "numbering"),
        ("UPDATE parcels_movement SET move = 'pack' WHERE parcel_id = %s AND number = 3", "path"),
        ("UPDATE parcels_movement SET from_status = 'refused' WHERE parcel_id = %s AND number = 4", "path"),
        ("UPDATE parcels_movement SET move = 'accept' WHERE parcel_id = %s AND number = 1", "path"),
        ("UPDATE parcels_parcel SET last_number = 2 WHERE id = %s", "status"),
        ("UPDATE parcels_parcel SET holder_id = NULL WHERE id = %s", "custody"),
        ("UPDATE parcels_parcel SET consignment_id = NULL WHERE id = %s", "consignment"),
        ("DELETE FROM parcels_movement WHERE parcel_id = %s", "status"),
    ],
)  # fmt: skip
def test_each_wrong_is_found_at_its_parcel_alone(
    w: World, asleep: Callable[..., None], statement: str, kind: str
) -> None:
    parcel, _ = packed(w), packed(w)
    asleep(statement, parcel.pk)

    found = look()

    assert kind in {each for each, *_ in found}
    assert {number for _, number, _ in found} <= {parcel.number, None}


def test_movements_without_a_parcel_are_found(w: World, asleep: Callable[..., None]) -> None:
    parcel = registered(w)
    asleep("DELETE FROM parcels_parcel WHERE id = %s", parcel.pk)

    with as_role(WORKER):
        assert [(f.kind, f.parcel, f.found) for f in reconciling.look().found] == [
            ("status", parcel.pk, "no parcel")
        ]


def test_hand_over_by_who_did_not_hold_it_is_a_gap(w: World, asleep: Callable[..., None]) -> None:
    parcel = handed_over(w)
    asleep("UPDATE exchanges_round SET neutral_id = NULL")

    assert look() == [("custody", parcel.number, 5 + 1)]


def test_correction_of_what_does_not_count_last_is_found(w: World, asleep: Callable[..., None]) -> None:
    parcel = packed(w)
    asleep(
        "INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,"
        " organisation_id, actor, corrects, details)"
        " SELECT parcel_id, 5, 'packed', 'correct', 'accepted', happened_at, recorded_at, organisation_id,"
        "        'staff', 3, '{}' FROM parcels_movement WHERE parcel_id = %s AND number = 4",
        parcel.pk,
    )
    asleep("UPDATE parcels_parcel SET last_number = 5, status = 'accepted' WHERE id = %s", parcel.pk)

    assert ("path", parcel.number, 5) in look()


def test_account_of_a_consignment_is_open_where_a_parcel_left_it_by_no_movement(
    w: World, asleep: Callable[..., None]
) -> None:
    parcel = dispatched(w)
    asleep("UPDATE parcels_parcel SET consignment_id = NULL WHERE id = %s", parcel.pk)

    with as_role(WORKER):
        found = {each.kind: each for each in reconciling.look().found}

    assert found.keys() == {"consignment", "conservation"}
    assert found["conservation"].consignment == Consignment.objects.get().pk
    assert found["conservation"].expected == "1 went in"


def test_account_of_a_round_is_open_where_a_parcel_is_in_by_no_movement(
    w: World, asleep: Callable[..., None]
) -> None:
    parcel = registered(w)
    asleep("UPDATE parcels_parcel SET status = 'accepted' WHERE id = %s", parcel.pk)

    with as_role(WORKER):
        found = [each for each in reconciling.look().found if each.kind == "conservation"]

    assert [(each.round, each.expected) for each in found] == [(w.round.pk, "0 went in")]


def reconcile_now() -> list[Found]:
    with as_role(WORKER):
        outcome = reconcile.now()
    assert outcome is not None
    return outcome.found


def test_difference_is_kept_told_and_its_parcel_frozen_once(w: World, asleep: Callable[..., None]) -> None:
    parcel, other = accepted(w), accepted(w)
    seal()
    before = list(Movement.objects.order_by("pk").values())
    asleep("UPDATE parcels_parcel SET status = 'cleared' WHERE id = %s", parcel.pk)

    reconcile_now()

    kept = Difference.objects.exclude(kind="left").exclude(kind="audit").get()
    assert (kept.kind, kept.parcel, kept.expected, kept.gone_at) == (
        "status", parcel, "accepted after 2", None,
    )  # fmt: skip
    assert [p.frozen for p in Parcel.objects.order_by("pk")] == [True, False]
    assert Alarm.objects.filter(kind="difference", closed_at=None).count() == 1
    assert AuditEntry.objects.filter(act="frozen_by_difference", subject=parcel.pk).count() == 1
    # Nothing is repaired, and nothing is written over it.
    parcel.refresh_from_db()
    assert (parcel.status, list(Movement.objects.order_by("pk").values())) == ("cleared", before)

    # Two officers let it go; that it is still wrong they know.
    Parcel.objects.filter(pk=parcel.pk).update(frozen=False)
    reconcile_now()
    assert (Difference.objects.count(), Parcel.objects.filter(frozen=True).count()) == (1, 0)

    asleep("UPDATE parcels_parcel SET status = 'accepted' WHERE id = %s", parcel.pk)
    reconcile_now()
    kept.refresh_from_db()
    assert kept.gone_at is not None
    other.refresh_from_db()
    assert not other.frozen


def test_command_says_what_and_exits_with_one(w: World, asleep: Callable[..., None]) -> None:
    parcel = accepted(w)
    seal()
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "2 movements, 0 differences" in out.getvalue()
    asleep("UPDATE parcels_parcel SET status = 'cleared' WHERE id = %s", parcel.pk)

    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", stdout=out)

    assert ended.value.code == 1
    assert f"parcel {parcel.number} at movement 2: status: expected accepted after 2" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("reconcile", "--no-such-option")


def test_dry_run_keeps_and_freezes_nothing(w: World, asleep: Callable[..., None]) -> None:
    parcel = accepted(w)
    asleep("UPDATE parcels_parcel SET status = 'cleared' WHERE id = %s", parcel.pk)

    with pytest.raises(SystemExit):
        call_command("reconcile", "--dry-run", stdout=StringIO())

    assert (Difference.objects.count(), Reconciliation.objects.count()) == (0, 0)
    assert not Parcel.objects.get().frozen


def test_work_that_stays_due_is_left_behind_and_freezes_nothing(w: World, committed_db: Database) -> None:
    parcel = accepted(w)
    seal()
    assert reconcile_now() == []
    past(committed_db, "parcels_duesince", "since", "16 min")
    past(committed_db, "parcels_reconciliation", "began_at", "16 min")

    found = reconcile_now()

    # The addressee is to be matched first; until then the parcel is not due.
    assert [(each.kind, each.work) for each in found] == [("left", "match")]
    parcel.refresh_from_db()
    assert not parcel.frozen


def test_movement_that_no_head_covers_is_left_behind(w: World) -> None:
    accepted(w)  # long ago, by the clock of the database

    assert [(each.kind, each.work) for each in reconcile_now()] == [("left", "custody")]
    seal()
    assert reconcile_now() == []


def test_two_at_once_are_one(w: World, committed_db: Database) -> None:
    with psycopg.connect(committed_db.owner_url) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('parcels.reconcile'), 0)")
        with as_role(WORKER):
            assert reconcile.now() is None
    assert Reconciliation.objects.count() == 0


def test_it_is_done_once_in_five_minutes(w: World, committed_db: Database) -> None:
    with as_role(WORKER):
        reconcile.drain(lambda: False)
        reconcile.drain(lambda: False)
        assert Reconciliation.objects.count() == 1
    past(committed_db, "parcels_reconciliation", "began_at", "301 s")
    with as_role(WORKER):
        reconcile.drain(lambda: False)
    assert Reconciliation.objects.count() == 2


def test_old_runs_go(w: World, committed_db: Database) -> None:
    reconcile_now()
    past(committed_db, "parcels_reconciliation", "began_at", "25 h")
    reconcile_now()
    assert Reconciliation.objects.count() == 1
