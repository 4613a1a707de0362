"""A prisoner is exchanged while parcels to them are under way: what follows, and who reads nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client as Browser

from exchanges.actions import propose_correction, propose_finishing
from exchanges.models import Exchange
from parcels import codes
from parcels.actions import release_news
from parcels.models import Parcel, Publication
from people import approvals
from people.models import Person, SituationEvent
from tests.factories import (
    NOON,
    World,
    accepted,
    agreed_exchange,
    cleared,
    dispatched,
    handed_over,
    packed,
    registered,
    staff,
)
from tests.parcels.admin.desk import signed_in, text
from tests.parcels.workers.conftest import history, last_details
from tests.partners import Partner, partner

Drain = Callable[[str], int]
LIST = "/api/v1/parcels/"
LIST_PAGE = "/admin/parcels/parcel/"
STATUSES = ("registered", "accepted", "cleared", "dispatched", "handed_over", "returning", "cancelled")


@pytest.fixture(autouse=True)
def clock(w: World) -> Iterator[time_machine.Traveller]:
    """After what was done at noon has become public, so that its public day changes nothing."""
    with time_machine.travel(NOON + timedelta(days=10), tick=False) as traveller:
        yield traveller


@pytest.fixture
def parcels(w: World) -> list[Parcel]:
    """Five parcels to one prisoner, in five statuses."""
    made = [registered(w), accepted(w), packed(w), dispatched(w), handed_over(w)]
    Parcel.objects.filter(pk__in=[parcel.pk for parcel in made]).update(recipient=made[0].recipient)
    return [Parcel.objects.get(pk=parcel.pk) for parcel in made]


def exchanged(w: World, *people: Person, stayed: tuple[Person, ...] = ()) -> Exchange:
    made = agreed_exchange(w, [*people, *stayed])
    proposal = propose_finishing(
        made, 1, happened_on=NOON.date(), stated_by="two_officers", document="",
        stayed=[each.reference for each in stayed], by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    return made


def read_by(reader: Partner, parcel: Parcel) -> dict[str, Any]:
    """Return everything a partner can learn of the parcel."""
    detail = reader.get(f"{LIST}{parcel.number}/")

    def is_among(query: dict[str, str]) -> bool:
        return parcel.number in [row["number"] for row in reader.get(LIST, query).json()["results"]]

    moments = [NOON + timedelta(days=days) for days in (0, 5, 9, 11)]
    return {
        "detail": detail.content,
        "etag": detail["ETag"],
        "unchanged": reader.get(f"{LIST}{parcel.number}/", None, if_none_match=detail["ETag"]).status_code,
        "movements": reader.get(f"{LIST}{parcel.number}/movements/").content,
        "by status": [status for status in STATUSES if is_among({"status": status})],
        "since": [is_among({"updated_since": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}) for moment in moments],
        "list": reader.get(LIST).content,
    }


def read_at_home(parcel: Parcel) -> bytes:
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))
    answer = Browser().post("/api/v1/track/", {"receipt_code": code}, content_type="application/json")
    assert answer.status_code == 200
    return answer.content


def test_each_of_five_parcels_goes_one_movement_a_step(w: World, drain: Drain, parcels: list[Parcel]) -> None:
    before = [history(parcel) for parcel in parcels]
    exchanged(w, parcels[0].recipient)

    assert drain("follow") == 5

    new = [history(parcel)[len(old) :] for parcel, old in zip(parcels, before, strict=True)]
    assert new == [
        [("cancel", "cancelled")],
        [("send_back", "returning")],
        [("unpack", "cleared"), ("send_back", "returning")],
        [("observe", "dispatched")],
        [("observe", "handed_over")],
    ]
    for parcel in parcels:
        parcel.refresh_from_db()
    assert [(each.flagged, each.frozen) for each in parcels] == [(False, False)] * 3 + [(True, False)] * 2
    event = SituationEvent.objects.get()
    assert [last_details(parcel)["event"] for parcel in parcels] == [event.pk] * 5
    assert drain("follow") == 0


def test_nobody_outside_reads_of_it_before_a_liaison_releases_it(
    w: World, drain: Drain, parcels: list[Parcel], clock: time_machine.Traveller
) -> None:
    drain("follow")
    north, south = (
        partner(w.north, "registrar", "screener", "coordinator"),
        partner(w.south, "logistics", "liaison"),
    )

    def read() -> list[Any]:
        return [
            [read_by(reader, parcel) for reader in (north, south)] + [read_at_home(parcel)]
            for parcel in parcels
        ]

    before, public = read(), Publication.objects.count()

    exchanged(w, parcels[0].recipient)
    drain("follow")

    assert Publication.objects.count() == public
    for was, now in zip(before, read(), strict=True):
        for reader, earlier in zip(now[:2], was[:2], strict=True):
            assert {key: (earlier[key], reader[key]) for key in reader if reader[key] != earlier[key]} == {}
        assert now[2] == was[2]
    clock.shift(timedelta(days=60))
    later = [read_at_home(parcel) for parcel in parcels]
    assert not any(b"returning" in each or b"coming_back" in each or b"cancelled" in each for each in later)
    assert all(
        release_news(each.number, by=w.act(w.gita), now=NOON + timedelta(days=70)) for each in parcels[:3]
    )
    clock.shift(timedelta(days=1))
    assert b'"cancelled"' in read_at_home(parcels[0])
    assert all(b'"coming_back"' in read_at_home(parcel) for parcel in parcels[1:3])
    assert [read_by(south, parcel)["by status"] for parcel in parcels[:3]] == [
        ["cancelled"],
        ["returning"],
        ["returning"],
    ]


def test_parcels_of_who_stayed_and_of_others_stay_as_they_are(w: World, drain: Drain) -> None:
    gone, stayed, other = accepted(w), cleared(w), accepted(w)
    exchanged(w, gone.recipient, stayed=(stayed.recipient,))

    assert drain("follow") == 1

    assert [history(parcel) for parcel in (stayed, other)] == [[("clear", "cleared")], []]


def test_being_on_a_list_moves_nothing(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    agreed_exchange(w, [parcel.recipient])

    assert drain("follow") == 0

    assert history(parcel) == []


def test_later_word_stops_what_was_not_followed_and_rewrites_nothing(w: World, drain: Drain) -> None:
    followed, waits = accepted(w), accepted(w)
    made = exchanged(w, followed.recipient, waits.recipient)
    correct(w, made, waits.recipient)

    assert drain("follow") == 1
    correct(w, made, followed.recipient)

    assert drain("follow") == 0
    assert (history(followed), history(waits)) == ([("send_back", "returning")], [])
    assert list(SituationEvent.objects.order_by("pk").values_list("situation", flat=True)) == [
        "exchanged", "exchanged", "held", "held",
    ]  # fmt: skip


def correct(w: World, made: Exchange, person: Person) -> None:
    proposal = propose_correction(made, person.reference, happened_on=NOON.date(), by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)


def test_staff_of_the_holding_side_read_as_little(w: World, drain: Drain, parcels: list[Parcel]) -> None:
    members = [w.elena, staff("nadia", "liaison", w.south), staff("oskar", "auditor", w.south)]
    clients = [signed_in(member) for member in members]
    pages = (
        "/admin/",
        LIST_PAGE,
        f"{LIST_PAGE}?flagged=yes",
        f"{LIST_PAGE}?frozen=yes",
        f"{LIST_PAGE}?status=returning",
    )

    def read() -> list[str]:
        ways = [*pages, *(f"{LIST_PAGE}{parcel.pk}/change/" for parcel in parcels)]
        return [f"{way}: {text(client.get(way))}" for client in clients for way in ways]

    read()
    before = read()
    exchanged(w, parcels[0].recipient)
    drain("follow")

    assert read() == before
