"""What a family must never see is planted around its parcel: it reads the same, byte by byte, and no word of it."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client as Browser

from exchanges import actions
from exchanges.actions import Statement
from parcels import codes, settling
from parcels.models import Parcel
from parcels.workers import drain
from people import detention, facts, situations, withholding
from people.access import Tie
from people.actions import Telling
from people.models import SituationEvent, Staff
from tests import factories
from tests.exchanges import visits
from tests.factories import NOON, World, world
from tests.partners import Partner, partner

MARK = "zumo"
DAY = timedelta(days=1)
TODAY = NOON.date()
LANGUAGES = [language for language, _ in settings.LANGUAGES]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    """One that is packed: what happens next is not public yet."""
    return factories.packed(w)


@pytest.fixture
def client(w: World) -> Partner:
    """The sending office's system that reads what is published."""
    return partner(w.north, "registrar")


def read(parcel: Parcel, client: Partner) -> dict[str, bytes]:
    """Return all that a family, and the system that sent its parcel, can read of it."""
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))
    answers = {
        f"page in {language}": Browser().post("/", {"receipt_code": code, "language": language})
        for language in LANGUAGES
    }
    answers["track"] = Browser().post(
        "/api/v1/track/", {"receipt_code": code}, content_type="application/json"
    )
    for path in ("", "movements/"):
        answers[f"parcel/{path}"] = client.get(f"/api/v1/parcels/{parcel.number}/{path}")
    answers["addressee"] = client.get(f"/api/v1/people/{parcel.recipient.reference}/")
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    return {
        name: re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", answer.content)
        for name, answer in answers.items()
    }


def place_or_camp(w: World, parcel: Parcel) -> None:
    camp = detention.Stated(f"{MARK} camp", "2026-01", "", "one_side", w.south.pk)
    detention.state(parcel.recipient, camp, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)
    visit = visits.scheduled(w, parcel.recipient)
    actions.name_participants(visit, [w.gita.pk], by=w.act(w.gita), now=NOON)
    actions.set_place(visit, f"{MARK} wing", by=w.act(w.gita), now=NOON)


def route_and_carrier(w: World, parcel: Parcel) -> None:
    assert parcel.consignment is not None
    factories.seal(parcel.consignment, f"{MARK}-SEAL")
    factories.move(
        parcel, "dispatch", w.act(w.dawit), seal=f"{MARK}-SEAL", place=f"{MARK} road", document=f"{MARK} cars"
    )


def point_and_time_of_handover(w: World, parcel: Parcel) -> None:
    route_and_carrier(w, parcel)
    factories.move(parcel, "entrust", w.act(w.farid), place=f"{MARK} bridge")
    factories.move(parcel, "hand_over", w.act(w.elena), act=f"{MARK}-ACT", place=f"{MARK} gate")


def other_families(w: World, parcel: Parcel) -> None:
    name = {"sender": Telling("sender", f"Olha {MARK}home", contact={"phone": "+00099"})}
    factories.accepted(w, f"{MARK} socks", **name)


def other_parcels_in_the_container(w: World, parcel: Parcel) -> None:
    factories.packed(w, into=parcel.consignment)
    factories.packed(w, into=parcel.consignment)


def names_of_staff(w: World, parcel: Parcel) -> None:
    Staff.objects.update(display_name=f"{MARK} at work")


def free_notes(w: World, parcel: Parcel) -> None:
    for person_id in (parcel.sender_id, parcel.recipient_id):
        settling.write_note(parcel, person_id, f"{MARK} letter read", by=w.act(w.amina), now=NOON)


def state_of_health(w: World, parcel: Parcel) -> None:
    _event(w, parcel, "in_hospital")
    drain("follow")


def list_of_an_exchange(w: World, parcel: Parcel) -> None:
    factories.agreed_exchange(w, [parcel.recipient])


def death_that_is_not_released(w: World, parcel: Parcel) -> None:
    _event(w, parcel, "deceased")
    drain("follow")


def claims_about_their_relative(w: World, parcel: Parcel) -> None:
    for subject in (parcel.recipient, parcel.number):
        said = Statement("state", f"{MARK} is said", TODAY, source=f"{MARK} radio")
        claim = actions.record_claim(subject, said, by=w.act(w.gita), now=NOON)
        actions.assess_claim(
            claim, "unresolved", reason="differs", assessed_on=TODAY, note=f"{MARK} note", by=w.act(w.gita),
            now=NOON,
        )  # fmt: skip


def what_is_kept_from_the_family(w: World, parcel: Parcel) -> None:
    """GC IV 137: a fact and an event, each with a reason and a day on which it is looked at again."""
    by = w.act(w.gita)
    former = facts.add_fact(
        parcel.recipient, "other_name", f"Pavlo {MARK}former", source_id=w.north.pk, by=by, now=NOON
    )
    event = _event(w, parcel, "released")
    for what in (former, event):
        withholding.keep_back(what, "own_wish", TODAY + 30 * DAY, by=by, now=NOON)


def word_of_the_prisoner_at_a_visit(w: World, parcel: Parcel) -> None:
    visit = visits.held(w, parcel.recipient, at=NOON - DAY)
    told = visits.says(parcel.recipient, [actions.ToldParcel(parcel.number, False)], words=f"{MARK} is cold")
    visits.reported(w, visit, told, now=NOON)


def _event(w: World, parcel: Parcel, situation: str) -> SituationEvent:
    made = situations.record(
        parcel.recipient, situation, TODAY, "neutral", source_id=w.harbour.pk, document=f"{MARK}-PAPER",
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    assert isinstance(made, SituationEvent)
    return made


PLANTS = [
    place_or_camp, route_and_carrier, point_and_time_of_handover, other_families,
    other_parcels_in_the_container, names_of_staff, free_notes, state_of_health, list_of_an_exchange,
    death_that_is_not_released, claims_about_their_relative, what_is_kept_from_the_family,
    word_of_the_prisoner_at_a_visit,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_family_never_sees(
    w: World,
    parcel: Parcel,
    client: Partner,
    clock: time_machine.Traveller,
    plant: Callable[[World, Parcel], None],
) -> None:
    before = read(parcel, client)
    plant(w, parcel)
    after = read(parcel, client)
    assert {name: text for name, text in after.items() if text != before[name]} == {}
    # Months later, when whatever may be told was told, the words themselves are still nobody's.
    clock.move_to(NOON + 90 * DAY)
    later = read(parcel, client)
    assert [name for name, text in later.items() if MARK.encode() in text.lower()] == []
