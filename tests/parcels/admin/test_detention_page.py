"""Places of detention behind a purpose: for two kinds of people, and in nothing else that anybody reads."""

from http import HTTPStatus
from typing import Any

import pytest

from parcels.models import Parcel
from people import detention
from people.access import Tie
from people.models import AuditEntry, Detention, Staff
from tests.factories import NOON, World, dispatched, organisation, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

PAGE = "/admin/people/detention/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    parcel = dispatched(w)
    told = detention.Stated("Camp Seven", "2026-03", "", "one_side", w.south.pk)
    detention.state(parcel.recipient, told, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)
    return parcel


def look(member: Staff, who: str, purpose: str = "parcel_delivery") -> Any:
    return signed_in(member).post(PAGE, {"deed": "look", "who": who, "purpose": purpose})


def looks(outcome: str = "done") -> list[tuple[str, int | None, str]]:
    rows = AuditEntry.objects.filter(act="see_detention", outcome=outcome).order_by("pk")
    return list(rows.values_list("staff__username", "subject", "purpose"))


def test_place_is_shown_for_a_purpose_and_the_look_is_recorded(w: World, parcel: Parcel) -> None:
    noor = staff("noor", "logistics", w.harbour)
    for member, who in ((w.elena, parcel.recipient.reference), (noor, parcel.number)):
        answer = look(member, who)
        assert "Camp Seven March 2026" in text(answer)
        assert "no-store" in answer["Cache-Control"]
    assert looks() == [
        ("elena", parcel.recipient_id, "parcel_delivery"), ("noor", parcel.recipient_id, "parcel_delivery"),
    ]  # fmt: skip


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_without_a_purpose_nothing_is_shown_and_what_was_typed_stays(
    w: World, parcel: Parcel, purpose: str
) -> None:
    answer = look(w.elena, parcel.number, purpose)
    assert (answer.status_code, "Camp Seven" in text(answer)) == (HTTPStatus.BAD_REQUEST, False)
    assert parcel.number in answer.content.decode()
    assert looks() == []


def test_page_itself_shows_nobody(w: World, parcel: Parcel) -> None:
    shown = text(signed_in(w.elena).get(f"{PAGE}?who={parcel.number}"))
    assert ("Camp" in shown, parcel.recipient.reference in shown) == (False, False)
    assert looks() == []


def test_other_roles_have_no_such_page(w: World, parcel: Parcel) -> None:
    others = [w.amina, w.bruno, w.dawit, w.gita, w.ivo, w.farid, staff("mira", "medical", w.south)]
    others += [staff("enzo", "liaison", w.south), staff("anton", "auditor", w.south)]
    for member in others:
        assert look(member, parcel.number).status_code == HTTPStatus.FORBIDDEN
        assert signed_in(member).get(PAGE).status_code == HTTPStatus.FORBIDDEN
        assert PAGE not in signed_in(member).get("/admin/").content.decode()
    assert looks() == []


def test_unknown_foreign_and_forbidden_are_one_answer(w: World, parcel: Parcel) -> None:
    """To the logistics of a sending side or of a stranger, nobody is there at all."""
    lena = staff("lena", "logistics", w.north)
    zora = staff("zora", "logistics", organisation("west"))

    answers = [
        look(lena, parcel.number), look(lena, parcel.recipient.reference), look(zora, parcel.number),
        look(zora, parcel.recipient.reference), look(w.elena, parcel.sender.reference),
        look(w.elena, "0" * 16), look(w.elena, "PZ000000000ZZ"), look(w.elena, "\x01'"),
    ]  # fmt: skip

    assert {answer.status_code for answer in answers} == {HTTPStatus.BAD_REQUEST}
    assert len({str(answer.context["asked"].errors) for answer in answers}) == 1
    assert not any("Camp" in text(answer) for answer in answers)
    assert looks() == []
    # Each is recorded as refused, and the entry tells no more than the answer: not whether somebody is there.
    asked = (*("lena",) * 2, *("zora",) * 2, *("elena",) * 4)
    assert looks("refused") == [(who, None, "parcel_delivery") for who in asked]


def state(member: Staff, who: str, w: World, **told: str) -> Any:
    fields = {
        "deed": "state", "who": who, "place": "Camp Nine", "from_on": "2026-10", "until_on": "",
        "stated_by": "one_side", "source": str(w.south.pk), "document": "", "replaces": "",
    }  # fmt: skip
    return signed_in(member).post(PAGE, fields | told, follow=True)


def test_period_is_stated_and_one_that_ended_stated_anew(w: World, parcel: Parcel) -> None:
    first = Detention.objects.get()
    answer = state(
        w.elena, parcel.recipient.reference, w, place="Camp Seven", until_on="2026-10", from_on="2026-03",
        replaces=str(first.pk),
    )  # fmt: skip
    assert messages(answer) == ["Kept."]
    assert Detention.objects.latest("pk").replaces == first
    assert "Camp" not in text(answer)
    assert "stated anew" in text(look(w.elena, parcel.number))


def test_what_is_wrong_is_said_and_kept_in_the_form(w: World, parcel: Parcel) -> None:
    answer = state(w.elena, parcel.recipient.reference, w, from_on="soon")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.context["stating"]["place"].value() == "Camp Nine"
    assert Detention.objects.count() == 1


def test_others_state_nothing(w: World, parcel: Parcel) -> None:
    lena, zora = staff("lena", "logistics", w.north), staff("zora", "logistics", organisation("west"))
    for member in (lena, zora):
        assert state(member, parcel.recipient.reference, w).status_code == HTTPStatus.NOT_FOUND
    assert state(w.gita, parcel.recipient.reference, w).status_code == HTTPStatus.FORBIDDEN
    assert Detention.objects.count() == 1


def test_place_is_on_no_other_page(w: World, parcel: Parcel) -> None:
    """Whoever opens whatever: neither the place nor that one is on record."""
    pages = [
        "/admin/", "/admin/people/person/", f"/admin/people/person/{parcel.recipient_id}/change/",
        "/admin/parcels/parcel/", f"/admin/parcels/parcel/{parcel.pk}/change/",
        "/admin/people/auditentry/", "/admin/parcels/consignment/", f"{PAGE}{Detention.objects.get().pk}/change/",
        f"{PAGE}{Detention.objects.get().pk}/history/", f"{PAGE}?q=Camp", f"{PAGE}?place=Camp",
    ]  # fmt: skip
    members = [
        w.amina, w.gita, w.ivo, w.dawit, w.elena, w.farid, staff("enzo", "liaison", w.south),
        staff("anton", "auditor", w.north), staff("lena", "logistics", w.north),
    ]  # fmt: skip
    for member in members:
        browser = signed_in(member)
        for page in pages:
            assert "Camp Seven" not in browser.get(page).content.decode(), (member, page)
        found = browser.get("/admin/people/person/?q=Camp+Seven").content.decode()
        assert parcel.recipient.reference not in found
