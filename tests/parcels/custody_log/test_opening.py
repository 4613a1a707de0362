"""What each organisation reads of the log: what it reads elsewhere, and nothing by what is missing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from parcels import access
from parcels.actions import Step, advance, observe, release_news
from parcels.custody_log import exporting, opening
from parcels.models import Movement, Parcel
from people import actors
from people.actors import Actor
from people.models import Organisation
from tests.factories import NOON, World, cleared, handed_over, move, registered
from tests.parcels.custody_log.conftest import seal

LATER = NOON + timedelta(seconds=10)
RELEASED = NOON + timedelta(seconds=20)


def told(w: World, reader: Actor | Organisation, parcel: Parcel) -> list[dict[str, Any]]:
    """Return what the reader is told of a parcel's movements, in the log's order."""
    seal()
    by = exporting.reader(reader) if isinstance(reader, Organisation) else reader
    found = opening.opened(opening.leaves(0, 1_000), by=by, now=timezone.now())
    return [each for each in found if each.get("entry", {}).get("parcel") == parcel.number]


def moves(rows: list[dict[str, Any]]) -> list[str]:
    return [row["entry"]["move"] for row in rows]


def received(w: World) -> Parcel:
    return move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")


def contested(w: World) -> Parcel:
    return move(received(w), "contest", w.act(w.gita), now=LATER, document="LETTER-1")


LIFE = ["register", "accept", "clear", "pack", "dispatch", "entrust", "hand_over", "receive"]


@pytest.mark.parametrize("name", ["north", "south", "harbour"])
def test_no_reader_is_told_more_than_by_the_movements_of_the_parcel(w: World, name: str) -> None:
    parcel = contested(w)
    organisation: Organisation = getattr(w, name)
    by, now = exporting.reader(organisation), timezone.now()
    seen = access.sight(by, Parcel.objects.select_related("round").get(pk=parcel.pk))
    read: dict[str, dict[str, Any]] = {}
    for each in access.movements(by, parcel, now):
        # Places stay sealed in the log.
        kept = {key: each.details.get(key) for key in access.details(by, each, seen, _SealedPlaces())}
        read[each.move] = kept
    rows = told(w, organisation, parcel)

    assert rows
    for row in rows:
        parts = [part["told"] for key, part in row["parts"].items() if key in ("contents", "route")]
        of_log = {**row["entry"]["details"], **{k: v for part in parts for k, v in part.items()}}
        assert of_log == read[row["entry"]["move"]]
        assert "kept" not in row["parts"]


class _SealedPlaces:
    def opened(self, move: str, number: int, details: dict[str, Any]) -> dict[str, Any]:
        return dict(details)


def test_sending_office_and_neutral_agency_are_told_the_contest(w: World) -> None:
    parcel = contested(w)

    assert moves(told(w, w.north, parcel)) == moves(told(w, w.harbour, parcel)) == [*LIFE, "contest"]


def test_holding_side_is_told_the_same_of_a_parcel_whether_it_is_contested(w: World) -> None:
    plain, disputed = received(w), contested(w)
    find = {"where": "handed_over", "seal": "S-2"}
    move(disputed, "find", w.act(w.farid), now=LATER, **find)
    again = Step(plain.number, "receive", LATER, details={"evidence": "own_reply", "complete": "yes"})
    for number in (plain.number, disputed.number):
        advance([again._replace(parcel=number)], by=w.act(w.elena), now=LATER)

    rows = [told(w, w.south, parcel) for parcel in (plain, disputed)]

    assert [moves(each) for each in rows] == [LIFE, LIFE]
    assert {part for each in rows for row in each for part in row["parts"]} <= {"contents", "own", "route"}


def test_holding_side_is_told_a_contest_once_it_is_released(w: World) -> None:
    parcel = contested(w)
    move(parcel, "find", w.act(w.farid), now=LATER, where="handed_over", seal="S-2")
    release_news(parcel.number, by=w.act(w.gita), now=RELEASED)

    assert moves(told(w, w.south, parcel)) == [*LIFE, "contest", "find"]


def test_holding_side_is_told_nothing_of_what_became_of_the_addressee(w: World) -> None:
    kept, gone, left = cleared(w), cleared(w), handed_over(w)
    worker = actors.worker(w.north.pk)
    why = {"reason": "situation", "situation": "exchanged", "event": 1}
    move(gone, "send_back", worker, now=LATER, **why)
    observe([left.number], "flag", by=worker, now=LATER, details=why)
    move(left, "receive", w.act(w.elena), now=RELEASED, evidence="holding_list", complete="yes")

    assert moves(told(w, w.south, gone)) == moves(told(w, w.south, kept)) == LIFE[:3]
    assert moves(told(w, w.south, left)) == LIFE
    (flag,) = [row for row in told(w, w.north, left) if row["entry"]["move"] == "observe"]
    told_of_it = {**flag["entry"]["details"], **flag["parts"]["contents"]["told"]}
    assert told_of_it == {"move": "flag", "reason": "situation"}  # the sending office's own word


def test_system_that_reads_what_is_published_is_told_no_movement(w: World) -> None:
    parcel = registered(w)
    system = Actor("client", w.north.pk, frozenset({"registrar"}))

    assert told(w, system, parcel) == []
    assert moves(told(w, w.north, parcel)) == ["register"]


def test_other_organisations_are_told_commitments_alone(w: World) -> None:
    handed_over(w)
    seal()
    elsewhere = Actor("worker", 10_000, frozenset({"liaison"}))

    found = list(opening.opened(opening.leaves(0, 10), by=elsewhere, now=timezone.now()))

    assert [set(each) for each in found] == [{"index", "leaf"}] * 7


@pytest.mark.parametrize("rows", [1, 3])
def test_opening_asks_no_more_for_more_movements(w: World, rows: int, django_assert_num_queries: Any) -> None:
    for _ in range(rows):
        registered(w)
    seal()
    with django_assert_num_queries(3):
        found = list(opening.opened(opening.leaves(0, 10), by=exporting.reader(w.north), now=NOON))
    assert len(found) == rows == Movement.objects.count()
