"""What is told of people beside their parcels: facts, ties, consents, a place, a list of each side."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from parcels.demonstration import strangers
from parcels.demonstration.families import Person as Drawn
from parcels.demonstration.families import in_order, make_person
from parcels.demonstration.offices import HOLDING, ROUND, SENDING, actor, office
from parcels.lifecycle import Status
from parcels.models import Parcel
from people import consents, detention
from people.access import Tie
from people.actions import Telling, record_people
from people.facts import add_fact
from people.kinship import record_kinship
from people.lists import Entry, compare_lists, keep_list
from people.models import (
    Consent,
    Fact,
    Kinship,
    ListComparison,
    Person,
    Purpose,
    SituationEvent,
    Withholding,
)
from people.queries import facts_of
from people.situations import record
from people.withholding import keep_back

OURS: Final = 60
THEIRS: Final = 58
# Of those on our list, how many are on theirs too, and how many of these with a date that differs.
_ON_BOTH: Final = 53
_DATE_DIFFERS: Final = 4
_SEED: Final = 61


def tell(now: datetime) -> None:
    parcels = _parcels()
    for each in parcels:
        _tie(each, now)
        _consent(each.sender, now)
    consents.withdraw(
        parcels[0].sender, Purpose.STATISTICS, channel=Consent.Channel.PHONE, by=actor("amina"),
        now=now - timedelta(days=2),
    )  # fmt: skip
    _facts(parcels[0].recipient, parcels[1].recipient, now)
    _kept_back(parcels[2].recipient, now)
    _captured(parcels[3].recipient, now)
    _place(parcels[4].recipient, now)
    _perhaps_known(parcels[5:7], now)


def is_told() -> bool:
    return Kinship.objects.exists()


def compare(now: datetime) -> None:
    """Keep the lists of both sides as they were stated, spelled and written by each, and compare them."""
    amina, stated = actor("amina"), now - timedelta(days=3)
    drawn = Random(_SEED)  # noqa: S311 - nothing secret: it must come out the same each time
    people = [(make_person(drawn, "m"), strangers.birth_day(drawn, (1968, 2004))) for _ in range(OURS)]
    others = [(make_person(drawn, "m"), strangers.birth_day(drawn, (1968, 2004))) for _ in range(THEIRS)]
    ours = [
        Entry(number, in_order("{surname} {given} {patronymic}", person, "uk"), born.isoformat())
        for number, (person, born) in enumerate(people, 2)
    ]
    told = [_as_they_write(place, *each) for place, each in enumerate(people[:_ON_BOTH])]
    told += [(_russian(person), born.isoformat()) for person, born in others[: THEIRS - _ON_BOTH]]
    theirs = [Entry(number, *each) for number, each in enumerate(told, 2)]
    mine = keep_list(
        ours, title="Held by Vestria, as families told it", stated_on=stated.date(),
        stated_by=office(SENDING), by=amina, now=stated,
    )  # fmt: skip
    other = keep_list(
        theirs, title="Held by Vestria, as its office states it", stated_on=stated.date(),
        stated_by=office(HOLDING), by=amina, now=stated,
    )  # fmt: skip
    compare_lists(mine, other, by=amina, now=now - timedelta(days=2))


def is_compared() -> bool:
    return ListComparison.objects.exists()


def _as_they_write(place: int, person: Drawn, born: date) -> tuple[str, str]:
    """In the other spelling; now and then in Latin letters, with an initial, or another day of birth."""
    if place < _DATE_DIFFERS:
        return _russian(person), born.replace(year=born.year + 1, day=1).isoformat()
    if place % 9 == 0:
        return in_order("{capitals} {given}", person, "ru_latin"), born.isoformat()
    if place % 11 == 0:
        return _russian(person), str(born.year)
    return _russian(person), born.isoformat()


def _russian(person: Drawn) -> str:
    return in_order("{surname} {given} {patronymic}", person, "ru")


def _parcels() -> list[Parcel]:
    """Parcels that go their way whatever is told of their people."""
    found = Parcel.objects.filter(round__reference=ROUND, status=Status.CONFIRMED)
    return list(found.select_related("sender", "recipient").order_by("external_id")[:7])


def _tie(parcel: Parcel, now: datetime) -> None:
    record_kinship(
        parcel.sender, parcel.recipient, Kinship.Relation.RELATIVE, Kinship.Evidence.REGISTER,
        document=f"EXTRACT-{parcel.external_id}", source_id=office(SENDING).pk, by=actor("amina"),
        now=now - timedelta(days=15),
    )  # fmt: skip


def _consent(sender: Person, now: datetime) -> None:
    for purpose in (Purpose.PARCEL_DELIVERY, Purpose.STATISTICS):
        consents.give(
            sender, purpose, text_version="2026-1", language="uk", channel=Consent.Channel.COUNTER,
            by=actor("amina"), now=now - timedelta(days=15),
        )  # fmt: skip


def _facts(one: Person, other: Person, now: datetime) -> None:
    """Of one another day of birth, as the other side states it; of the other a name from before."""
    amina, at = actor("amina"), now - timedelta(days=9)
    add_fact(
        one, Fact.Kind.BIRTH_DATE, "1984-05", source_id=office(HOLDING).pk, by=amina, now=at,
        stated_on=at.date(), document="LIST-12",
    )  # fmt: skip
    add_fact(
        other, Fact.Kind.OTHER_NAME, "Вільшанський", source_id=office(SENDING).pk, by=amina, now=at,
        document="EXTRACT-77",
    )  # fmt: skip


def _kept_back(person: Person, now: datetime) -> None:
    """A rumour: the office keeps it from the family until it knows more."""
    gita, at = actor("gita"), now - timedelta(days=6)
    event = record(
        person, SituationEvent.Situation.TRANSFERRED, at.date(), SituationEvent.StatedBy.ONE_SIDE,
        source_id=office(HOLDING).pk, document="", by=gita, now=at,
    )  # fmt: skip
    if isinstance(event, SituationEvent):
        keep_back(
            event, Withholding.Reason.NOT_ESTABLISHED, (now + timedelta(days=14)).date(), by=gita, now=at
        )
    fact = add_fact(
        person, Fact.Kind.SERVICE_NUMBER, "ЛН-000017", source_id=office(HOLDING).pk, by=gita, now=at
    )
    keep_back(fact, Withholding.Reason.OWN_WISH, (now + timedelta(days=30)).date(), by=gita, now=at)


def _captured(person: Person, now: datetime) -> None:
    at = now - timedelta(days=60)
    record(
        person, SituationEvent.Situation.CAPTURED, at.date(), SituationEvent.StatedBy.ONE_SIDE,
        source_id=office(HOLDING).pk, document="NOTICE-408", by=actor("gita"), now=now - timedelta(days=15),
    )  # fmt: skip


def _place(person: Person, now: datetime) -> None:
    """Where he is held, as the holding side tells it; the sending side never reads it."""
    told = detention.Stated(
        "Place of detention by the Stone Bridge, made up", (now - timedelta(days=200)).strftime("%Y-%m"), "",
        SituationEvent.StatedBy.ONE_SIDE, office(HOLDING).pk,
    )  # fmt: skip
    detention.state(person, told, by=actor("elena"), ties={Tie.HOLDING}, now=now - timedelta(days=8))


def _perhaps_known(parcels: list[Parcel], now: datetime) -> None:
    """Two men whom a letter names as two addressees are named; a worker asks whether they are the same."""
    tellings = []
    for place, parcel in enumerate(parcels):
        name = next(text for fact, text in facts_of(parcel.recipient) if fact.kind == Fact.Kind.NAME)
        tellings.append(Telling("prisoner", name, None, f"LN-99000{place}"))
    record_people(tellings, organisation_id=office(SENDING).pk, now=now - timedelta(days=1))
