from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.models import F

from exchanges.actions import make_round
from exchanges.models import Round
from parcels import workers
from parcels.actions import Step, advance, register
from parcels.models import Batch, Movement, Parcel, Quarantine
from parcels.workers import batches, screen
from parcels.workers.batches import Claim
from tests import factories
from tests.databases import Database, as_role
from tests.factories import NOON, World, accepted, world
from tests.parcels.workers.conftest import age, history

Drain = Callable[[str], int]


def january(w: World) -> Round:
    return make_round(
        reference="january", agreement=w.round.agreement, terms=w.terms, sending=w.north, holding=w.south,
        status=Round.Status.COLLECTING, target=10, opens_on=w.round.opens_on,
        closes_on=w.round.closes_on, collection_point="North", round_key=bytes(32),
    )  # fmt: skip


def accepted_in(w: World, round_: Round, count: int) -> list[Parcel]:
    by = w.act(w.amina)
    made = register([factories.declaration("мыло") for _ in range(count)], round_=round_, by=by, now=NOON)
    details = {"gross_mass_g": 6_000, "place": "North"}
    advance([Step(str(each.number), "accept", NOON, details=details) for each in made], by=by, now=NOON)
    return [Parcel.objects.get(number=each.number) for each in made]


def statuses(parcels: list[Parcel]) -> list[str]:
    by_id = Parcel.objects.in_bulk([parcel.pk for parcel in parcels])
    return [by_id[parcel.pk].status for parcel in parcels]


def a_batch(parcels: list[Parcel], *, attempts: int = 0, claimed_ago: str | None = None) -> Batch:
    batch = Batch.objects.create(kind="screen", ids=[parcel.pk for parcel in parcels], attempts=attempts)
    if claimed_ago is not None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE parcels_batch SET claimed_at = clock_timestamp()")
        age("parcels_batch", "claimed_at", claimed_ago)
    return batch


def test_batches_are_gone_when_the_work_is_done(w: World, drain: Drain) -> None:
    for _ in range(3):
        accepted(w)

    assert drain("screen") == 3

    assert (Batch.objects.count(), Quarantine.objects.count()) == (0, 0)


@pytest.mark.parametrize(("due", "calls"), [(1_000, []), (1_001, ["screen"])])
def test_colleague_is_called_when_there_is_more_than_one_share(w: World, due: int, calls: list[str]) -> None:
    accepted_in(w, w.round, due)
    called: list[str] = []

    with as_role("lifeline_worker"):
        assert workers.drain("screen", call=lambda: called.append("screen")) == due

    assert called == calls


def test_poison_is_put_aside_and_the_rest_goes_on(w: World, drain: Drain) -> None:
    round_ = january(w)
    key = bytes(round_.sealed_key)
    good, poison, more = accepted_in(w, w.round, 3), accepted_in(w, round_, 2), accepted_in(w, w.round, 2)
    # Nobody can open it any more: screening this round's parcels fails, every time.
    Round.objects.filter(pk=round_.pk).update(sealed_key=key[:-1] + bytes([key[-1] ^ 1]))

    assert drain("screen") == 5

    assert statuses([*good, *more]) == ["cleared"] * 5
    assert [batch.ids for batch in Batch.objects.order_by("ids")] == [[p.pk] for p in poison]
    for attempts in (2, 3, 4, 5):
        age("parcels_batch", "claimed_at", "6 s")
        assert drain("screen") == 0
        assert [batch.attempts for batch in Batch.objects.all()] == [attempts] * 2
        assert Quarantine.objects.count() == 0
    age("parcels_batch", "claimed_at", "6 s")
    assert drain("screen") == 0
    assert [(q.kind, q.parcel) for q in Quarantine.objects.order_by("parcel")] == [
        ("screen", p) for p in poison
    ]
    # Staff read which error it was, and none of its words.
    assert {q.reason.partition(" in ")[0] for q in Quarantine.objects.all()} == {"InvalidTag"}
    assert Batch.objects.count() == 0
    assert [(p.status, history(p)) for p in poison] == [("accepted", [])] * 2
    assert drain("screen") == 0

    # Repaired, and let go again.
    Round.objects.filter(pk=round_.pk).update(sealed_key=key)
    Quarantine.objects.all().delete()
    assert drain("screen") == 2
    assert statuses(poison) == ["cleared"] * 2


def test_failure_leaves_nothing_half_done(w: World, drain: Drain) -> None:
    """Both rounds' parcels are in one batch: what was screened before it failed is undone with it."""
    broken = january(w)
    Round.objects.filter(pk=broken.pk).update(sealed_key=b"\x01broken")
    parcels = [*accepted_in(w, w.round, 1), *accepted_in(w, broken, 1)]
    before = Movement.objects.count()

    drain("screen")

    assert statuses(parcels) == ["cleared", "accepted"]
    assert Movement.objects.count() == before + 1


def test_batch_claimed_a_moment_ago_is_left_alone(w: World, drain: Drain) -> None:
    parcels = [accepted(w), accepted(w)]
    batch = a_batch(parcels, attempts=1, claimed_ago="4 s")

    assert drain("screen") == 0

    batch.refresh_from_db()
    assert (batch.ids, batch.attempts) == ([p.pk for p in parcels], 1)
    assert statuses(parcels) == ["accepted"] * 2


def test_batch_that_was_left_is_taken_over(w: World, drain: Drain) -> None:
    parcels = [accepted(w) for _ in range(3)]
    a_batch(parcels, attempts=1, claimed_ago="6 s")

    assert drain("screen") == 3

    assert statuses(parcels) == ["cleared"] * 3
    assert Batch.objects.count() == 0


def test_batch_of_one_left_five_times_is_put_aside(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    a_batch([parcel], attempts=5, claimed_ago="6 s")

    assert drain("screen") == 0

    assert [(q.kind, q.parcel) for q in Quarantine.objects.all()] == [("screen", parcel)]
    assert (Batch.objects.count(), statuses([parcel])) == (0, ["accepted"])


def test_worker_that_wakes_too_late_finds_its_batch_gone(w: World, drain: Drain) -> None:
    parcels = [accepted(w), accepted(w)]
    batch = a_batch(parcels, attempts=1, claimed_ago="6 s")
    late = Claim(batch.pk, batch.ids, 1)
    drain("screen")

    assert batches._do(screen.WORK, late) == 0

    assert [history(p) for p in parcels] == [[("clear", "cleared")]] * 2


def test_claim_counts_only_while_nobody_claimed_later(w: World) -> None:
    parcel = accepted(w)
    batch = a_batch([parcel], attempts=2, claimed_ago="0 s")

    assert batches._do(screen.WORK, Claim(batch.pk, batch.ids, 1)) == 0
    assert statuses([parcel]) == ["accepted"]
    assert batches._do(screen.WORK, Claim(batch.pk, batch.ids, 2)) == 1
    assert statuses([parcel]) == ["cleared"]


def test_parcels_in_an_open_batch_are_not_put_into_another(w: World, drain: Drain) -> None:
    theirs, free = accepted(w), accepted(w)
    a_batch([theirs], attempts=1, claimed_ago="1 s")

    assert drain("screen") == 1

    assert statuses([theirs, free]) == ["accepted", "cleared"]


def test_parcel_that_is_no_longer_due_stays_as_it_is(w: World, drain: Drain) -> None:
    frozen, free = accepted(w), accepted(w)
    a_batch([frozen, free])
    Parcel.objects.filter(pk=frozen.pk).update(frozen=True)

    drain("screen")

    assert statuses([frozen, free]) == ["accepted", "cleared"]
    assert Batch.objects.count() == 0


@contextmanager
def holding(url: str, statement: str, *parameters: object) -> Iterator[None]:
    """Keep what `statement` locks in the transaction of another connection."""
    with psycopg.connect(url) as other:
        other.execute(statement, parameters)
        yield
        other.rollback()


def test_batch_somebody_works_on_is_not_taken_however_long(committed_db: Database) -> None:
    parcels = [accepted(world())]
    batch = a_batch(parcels, attempts=1, claimed_ago="1 hour")

    with holding(committed_db.owner_url, "SELECT FROM parcels_batch WHERE id = %s FOR UPDATE", batch.pk):
        assert workers.drain("screen") == 0
        assert (Batch.objects.get().attempts, statuses(parcels)) == (1, ["accepted"])

    assert workers.drain("screen") == 1
    assert statuses(parcels) == ["cleared"]


def test_parcel_that_stays_locked_holds_up_nobody_else(committed_db: Database) -> None:
    w = world()
    locked, free = accepted(w), accepted(w)

    with holding(committed_db.owner_url, "SELECT FROM parcels_parcel WHERE id = %s FOR UPDATE", locked.pk):
        assert workers.drain("screen") == 1
        assert statuses([locked, free]) == ["accepted", "cleared"]

    Batch.objects.update(claimed_at=F("made_at"))
    age("parcels_batch", "claimed_at", "6 s")
    assert workers.drain("screen") == 1
    assert statuses([locked]) == ["cleared"]


def test_only_one_makes_batches_of_a_kind(committed_db: Database) -> None:
    parcel = accepted(world())
    maker = "SELECT pg_advisory_xact_lock(hashtext('parcels.batch'), hashtext(%s))"

    with holding(committed_db.owner_url, maker, "screen"):
        assert workers.drain("screen") == 0
        assert (Batch.objects.count(), statuses([parcel])) == (0, ["accepted"])
    with holding(committed_db.owner_url, maker, "recheck"):
        assert workers.drain("screen") == 1


CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_database_that_goes_away_is_not_the_parcels_fault(committed_db: Database) -> None:
    parcel = accepted(world())
    with psycopg.connect(committed_db.url, autocommit=True) as other:
        other.execute(CUT_OFF)
    with pytest.raises(OperationalError):
        workers.drain("screen")
    connection.close()

    assert workers.drain("screen") == 1
    assert statuses([parcel]) == ["cleared"]
