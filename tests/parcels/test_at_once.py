"""Two who do the same at the same moment: one does it, the other is told so, and nobody meets an error."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from parcels import consignments
from parcels.actions import Refused, Step, advance, propose, register, vote
from parcels.models import Consignment, Parcel
from people import actors
from people.approvals import NotOpen
from people.models import Approval
from tests.databases import Database
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    consignment,
    declaration,
    move,
    packed,
    registered,
    settle,
    world,
)
from tests.parcels.manifests import import_, results, row, write_csv


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()


def at_once(*does: Callable[[], object]) -> list[object]:
    """Return what each answers, or the class of what it raises, sorted."""
    start = Barrier(len(does))

    def one(do: Callable[[], object]) -> object:
        try:
            start.wait(10)
            return do()
        except (Refused, NotOpen) as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(does)) as pool:
        return sorted((future.result() for future in [pool.submit(one, do) for do in does]), key=str)


@pytest.mark.parametrize(("mass", "second"), [(6_000, "unchanged"), (6_001, "rejected")])
def test_same_declaration_at_once_is_registered_once(w: World, mass: int, second: str) -> None:
    plain = declaration(external_id="row-1")
    by = w.act(w.amina)

    def send(mass_g: int) -> Callable[[], object]:
        def do() -> object:
            told = [plain._replace(declared_mass_g=mass_g)]
            return register(told, round_=w.round, by=by, now=NOON)[0].result

        return do

    assert at_once(send(6_000), send(mass)) == sorted(["created", second])
    assert Parcel.objects.filter(external_id="row-1").count() == 1


def test_import_that_meets_another_sees_what_it_did(w: World, tmp_path: Path) -> None:
    first = write_csv(tmp_path / "first.csv", [row("A-1"), row("A-2")])
    second = write_csv(tmp_path / "second.csv", [row("A-1"), row("A-2", item_1_quantity="3"), row("A-3")])
    written = Event()

    def import_first() -> None:
        try:
            with transaction.atomic():
                import_(first)
                written.set()
                wait_until_somebody_waits_for_us()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(import_first)
        assert written.wait(10)
        assert import_(second, "--partial")[0] == 1
        done.result()

    assert [status for _, _, status, _ in results(second)] == ["unchanged", "rejected", "created"]
    assert sorted(Parcel.objects.values_list("external_id", flat=True)) == ["A-1", "A-2", "A-3"]


def wait_until_somebody_waits_for_us() -> None:
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_same_move_at_once_is_made_once(w: World) -> None:
    parcel = registered(w)
    by = w.act(w.amina)

    def cancel(external_id: str) -> Callable[[], object]:
        return lambda: advance([Step(parcel.number, "cancel", NOON, external_id)], by=by, now=NOON)[0].result

    assert at_once(cancel("a"), cancel("b")) == ["moved", "refused"]
    other = registered(w)
    once = [Step(other.number, "cancel", NOON, "c")]
    assert at_once(*[lambda: advance(once, by=by, now=NOON)[0].result] * 2) == ["moved", "repeated"]


def test_votes_at_once_settle_once(w: World) -> None:
    parcel = move(accepted(w), "hold", actors.worker(w.north.pk), findings=["UNKNOWN_CATEGORY"])
    bruno, chiara = w.act(w.bruno), w.act(w.chiara)

    assert at_once(
        lambda: vote(parcel.number, "clear", by=bruno, now=NOON),
        lambda: vote(parcel.number, "clear", by=chiara, now=NOON),
    ) == ["settled", "waiting"]
    assert parcel.movements.filter(move="clear").count() == 1


def test_same_act_proposed_at_once_is_proposed_once(w: World) -> None:
    parcel = accepted(w)
    gita, ivo = w.act(w.gita), w.act(w.ivo)
    details = {"corrects": 2, "reason": "wrong_parcel"}

    answers = at_once(
        *(
            lambda by=by: propose(parcel.number, "correct", by=by, now=NOON, details=details).act
            for by in (gita, ivo)
        )
    )

    assert (answers, Approval.objects.count()) == (["NotOpen", "correct"], 1)


def test_nothing_comes_in_while_it_is_sealed(w: World) -> None:
    into = consignment(w)
    packed(w, into)
    late = settle(w, cleared(w))
    dawit = w.act(w.dawit)

    answers = at_once(
        lambda: (
            advance(
                [Step(late.number, "pack", NOON, None, {"consignment": into.number})], by=dawit, now=NOON
            )[0].result
        ),
        lambda: consignments.seal(into.number, "SEAL-1", by=dawit).status,
    )

    assert answers in (["moved", "sealed"], ["refused", "sealed"])
    assert (Parcel.objects.get(pk=late.pk).consignment == into) is (answers[0] == "moved")
    assert Consignment.objects.get(pk=into.pk).status == "sealed"
