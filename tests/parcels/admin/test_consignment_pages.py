"""The pages of consignments: make, seal, dispatch, and who may look."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from parcels.models import Consignment, Parcel
from tests.factories import World, consignment, packed, seal, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/parcels/consignment/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def send(client: Client, into: Consignment, act: str, seal: str, once: str = "a" * 32) -> Any:
    return client.post(f"{LIST}{into.pk}/{act}/", {"once": once, "seal": seal}, follow=True)


def test_dispatcher_makes_seals_and_dispatches(w: World) -> None:
    dawit = signed_in(w.dawit)
    dawit.post(f"{LIST}make/", {"round": w.round.pk}, follow=True)
    into = Consignment.objects.get()
    packed(w, into)
    assert messages(send(dawit, into, "seal", "S-1")) == [f"Consignment {into.number} is sealed."]
    wrong = send(dawit, into, "dispatch", "S-2")
    assert wrong.context["form"].non_field_errors() == ["Something is not as it should be: seal."]
    assert wrong.context["form"]["seal"].value() == "S-2"
    assert Parcel.objects.get().status == "packed"
    assert messages(send(dawit, into, "dispatch", "S-1")) == [
        f"Consignment {into.number} has left with 1 parcels."
    ]
    assert Parcel.objects.get().status == "dispatched"


def test_dispatch_sent_twice_leaves_once(w: World) -> None:
    into = consignment(w)
    packed(w, into)
    seal(into)
    for _ in range(2):
        send(signed_in(w.dawit), into, "dispatch", "SEAL-1")
    assert Parcel.objects.get().movements.filter(move="dispatch").count() == 1


def test_frozen_parcel_keeps_it_here_and_says_so(w: World) -> None:
    into = consignment(w)
    frozen, _ = packed(w, into), packed(w, into)
    seal(into)
    Parcel.objects.filter(pk=frozen.pk).update(frozen=True)
    answer = send(signed_in(w.dawit), into, "dispatch", "SEAL-1")
    assert answer.context["form"].non_field_errors() == [
        "This parcel is frozen until two officers release it."
    ]
    assert set(Parcel.objects.values_list("status", flat=True)) == {"packed"}


@pytest.mark.parametrize(
    ("who", "expected"),
    [("dawit", 200), ("farid", 200), ("elena", 404), ("amina", 403), ("bruno", 403), ("ivo", 200)],
)
def test_who_may_look(w: World, who: str, expected: int) -> None:
    """Ivo's office holds what is in it; South holds nothing yet."""
    into = consignment(w)
    packed(w, into)
    assert signed_in(getattr(w, who)).get(f"{LIST}{into.pk}/change/").status_code == expected


@pytest.mark.parametrize("who", ["farid", "ivo", "elena", "amina"])
def test_others_do_not_dispatch(w: World, who: str) -> None:
    into = consignment(w)
    packed(w, into)
    seal(into)
    send(signed_in(getattr(w, who)), into, "dispatch", "SEAL-1")
    assert (
        signed_in(getattr(w, who)).post(f"{LIST}make/", {"round": w.round.pk}).status_code
        == HTTPStatus.FORBIDDEN
    )
    assert (Parcel.objects.get().status, Consignment.objects.count()) == ("packed", 1)


@pytest.mark.parametrize(("where", "sees"), [("north", True), ("south", False)])
def test_auditor_looks_at_what_the_own_office_holds(w: World, where: str, sees: bool) -> None:
    into = consignment(w)
    packed(w, into)
    shown = text(signed_in(staff("omar", "auditor", getattr(w, where))).get(LIST))
    assert (into.number in shown) is sees


def test_route_is_written_down_and_shown_for_a_purpose_only(w: World) -> None:
    into, dawit = consignment(w), signed_in(w.dawit)
    told = {
        "carrier": "Canary Lines",
        "way": "by Canaryville",
        "intermediary": "",
        "handed_over_at": "Bridge 9",
    }
    assert messages(dawit.post(f"{LIST}{into.pk}/route/", told, follow=True)) == [
        "The route is written down, sealed."
    ]
    plain = dawit.get(f"{LIST}{into.pk}/change/")
    assert "Canary" not in plain.content.decode()

    refused = dawit.post(f"{LIST}{into.pk}/route/look/", {"purpose": ""})
    assert (refused.status_code, "Canary" in refused.content.decode()) == (400, False)
    shown = dawit.post(f"{LIST}{into.pk}/route/look/", {"purpose": "parcel_delivery"}).content.decode()
    assert "Canary Lines" in shown
    assert shown.count("Bridge 9") == 2  # and in its field, to be told anew


def test_route_is_nobody_elses_to_tell_or_look_at(w: World) -> None:
    into = consignment(w)
    for who in (w.amina, w.gita, w.elena):
        client = signed_in(who)
        for act, data in (("route", {"carrier": "Mine"}), ("route/look", {"purpose": "incident"})):
            assert client.post(f"{LIST}{into.pk}/{act}/", data).status_code == 404
    farid = signed_in(w.farid)
    assert farid.post(f"{LIST}{into.pk}/route/", {"carrier": "Mine"}).status_code == 400
    assert Consignment.objects.get(pk=into.pk).sealed_route is None
    assert signed_in(w.dawit).get(f"{LIST}{into.pk}/route/").status_code == 405
