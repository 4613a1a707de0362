"""Returns of displaced civilians, each side's account beside the other's and none weighed against it.

124 who came back, counted three ways; six for whom a claim and a silence stand side by side; and two groups,
one each way, whose movement each side tells in words of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from exchanges.actions import (
    Particulars,
    Statement,
    ask,
    change_return,
    make_return,
    name_person,
    record_claim,
    reply,
    state_count,
    state_wish,
)
from exchanges.models import Agreement, Claim, Count, Evidence, Return, ReturnPerson
from parcels.demonstration import strangers
from parcels.demonstration.offices import HOLDING, NEUTRAL, ROUND, SENDING, Office, actor, office
from people.actions import Telling, record_people
from people.facts import add_fact
from people.models import Fact, Person

DISPLACED: Final = 124
# As the intermediary, the side they return to and the side where they were say it.
COUNTS: Final = ((NEUTRAL, DISPLACED), (SENDING, 126), (HOLDING, 121))
NOT_ACCEPTED: Final = 6
MIRRORED: Final = (5, 4)
_OFFICERS: Final = {SENDING: "gita", HOLDING: "rana", NEUTRAL: "farid"}


class Told(NamedTuple):
    """How a side tells of the group that moved away from it, or towards it, and the word it uses for them."""

    words: str
    term: str


# The same words in both cases, each in the mouth of the side that stands where the other one stood.
FROM_HERE: Final = Told("They were taken across the line without being asked.", "taken away")
TO_HERE: Final = Told("They were brought out of danger, at their own request.", "evacuated")


def make(now: datetime) -> None:
    _all_came_back(now)
    _claim_and_silence(now)
    _told_differently(now, gone_from=SENDING, now_with=HOLDING, seed=53, count=MIRRORED[0])
    _told_differently(now, gone_from=HOLDING, now_with=SENDING, seed=54, count=MIRRORED[1])


def are_there() -> bool:
    return Return.objects.exists()


def _all_came_back(now: datetime) -> None:
    farid, requested = actor("farid"), now - timedelta(days=80)
    group = _group(
        "124 from the river district", "River district", SENDING, HOLDING, SENDING, requested, NEUTRAL
    )
    tellings = strangers.civilians(51, DISPLACED, "uk")
    for place, member in enumerate(_named(group, tellings, SENDING, requested)):
        state_wish(
            member, "return", stated_to=office(NEUTRAL), in_private=place % 4 != 0,
            stated_on=(now - timedelta(days=40)).date(), by=farid, now=now - timedelta(days=40),
        )  # fmt: skip
    _bring(
        group, SENDING, now,
        ("information_passed", 70), ("negotiating", 60), ("agreed", 35), ("planned", 30), ("travelling", 21),
        ("returned", 20),
    )  # fmt: skip
    for place, (whose, number) in enumerate(COUNTS):
        said = now - timedelta(days=18 - 3 * place)
        state_count(
            group, number, Count.Scope.RETURNED, stated_by=office(whose), said_on=said.date(),
            published_on=None if whose == NEUTRAL else (said + timedelta(days=1)).date(),
            by=actor(_OFFICERS[whose]), now=said + timedelta(days=1),
        )  # fmt: skip


def _claim_and_silence(now: datetime) -> None:
    """One question was answered, and one is open; what is claimed stays a claim."""
    gita, requested = actor("gita"), now - timedelta(days=45)
    group = _group(
        "Six at the northern crossing", "Northern crossing", SENDING, SENDING, HOLDING, requested, None
    )
    for member in _named(group, strangers.civilians(52, NOT_ACCEPTED, "ru"), SENDING, requested):
        state_wish(
            member, "return", stated_to=office(SENDING), in_private=True,
            stated_on=(now - timedelta(days=43)).date(), by=gita, now=now - timedelta(days=43),
        )  # fmt: skip
    _bring(group, SENDING, now, ("information_passed", 42), ("negotiating", 38))
    first = ask(
        group, office(HOLDING), (now - timedelta(days=37)).date(), document="NOTE-21", by=gita,
        now=now - timedelta(days=37),
    )  # fmt: skip
    reply(
        first, (now - timedelta(days=33)).date(), document="NOTE-22", by=actor("rana"),
        now=now - timedelta(days=33),
    )  # fmt: skip
    ask(
        group, office(HOLDING), (now - timedelta(days=26)).date(), document="NOTE-25", by=gita,
        now=now - timedelta(days=26),
    )  # fmt: skip
    claim = Statement(
        Claim.Kind.NOT_ACCEPTED,
        "At the crossing it was said that the six are not accepted back on that day.",
        (now - timedelta(days=25)).date(),
        stated_by=office(SENDING),
        published_on=(now - timedelta(days=24)).date(),
        evidence=Evidence.TESTIMONY,
        evidence_reference="ACCOUNT-6",
    )
    record_claim(group, claim, by=gita, now=now - timedelta(days=24))


def _told_differently(now: datetime, *, gone_from: Office, now_with: Office, seed: int, count: int) -> None:
    """The side they come from asked for them back; each side tells of the way in its own words."""
    requested = now - timedelta(days=50)
    group = _group(
        f"{count} from the border villages",
        "Border villages",
        gone_from,
        now_with,
        gone_from,
        requested,
        NEUTRAL,
    )
    spelling = "uk" if gone_from == SENDING else "ru"
    members = _named(group, strangers.civilians(seed, count, spelling), gone_from, requested)
    _bring(group, gone_from, now, ("information_passed", 44), ("negotiating", 36))
    first = _moved(group, FROM_HERE, gone_from, now - timedelta(days=48))
    _moved(group, TO_HERE, now_with, now - timedelta(days=41), answers=first)
    for member in members:
        for whose, told in ((gone_from, FROM_HERE), (now_with, TO_HERE)):
            add_fact(
                member.person, Fact.Kind.TERM, told.term, source_id=office(whose).pk,
                by=actor(_OFFICERS[gone_from]), now=now - timedelta(days=40),
                stated_on=(now - timedelta(days=41)).date(),
            )  # fmt: skip
    wishes = ("return", "return", "undecided", "stay", "return")
    for member, wants in zip(members, wishes, strict=False):
        state_wish(
            member, wants, stated_to=office(NEUTRAL), in_private=True,
            stated_on=(now - timedelta(days=30)).date(), by=actor("farid"), now=now - timedelta(days=29),
        )  # fmt: skip


def _moved(group: Return, told: Told, whose: Office, said: datetime, answers: Claim | None = None) -> Claim:
    statement = Statement(
        Claim.Kind.MOVED, told.words, said.date(), stated_by=office(whose), published_on=said.date()
    )
    return record_claim(group, statement, answers=answers, by=actor(_OFFICERS[whose]), now=said)


def _group(
    title: str,
    region: str,
    keeper: Office,
    where: Office,
    to: Office,
    requested: datetime,
    helper: Office | None,
) -> Return:
    told = Particulars(
        title,
        region,
        from_organisation=office(where),
        to_organisation=office(to),
        intermediary=office(helper) if helper else None,
        responsible=office(to),
        agreement=Agreement.objects.get(rounds__reference=ROUND),
    )
    return make_return(told, requested.date(), by=actor(_OFFICERS[keeper]), now=requested)


def _named(group: Return, tellings: Sequence[Telling], keeper: Office, now: datetime) -> list[ReturnPerson]:
    known = record_people(tellings, organisation_id=office(keeper).pk, now=now)
    people = Person.objects.in_bulk([each.id for each in known])
    by = actor(_OFFICERS[keeper])
    return [name_person(group, people[each.id], by=by, now=now) for each in known]


def _bring(group: Return, keeper: Office, now: datetime, *steps: tuple[str, float]) -> None:
    by = actor(_OFFICERS[keeper])
    for step, days in steps:
        at = now - timedelta(days=days)
        change_return(
            group, step, happened_on=at.date(), planned_on=(now - timedelta(days=21)).date(), by=by, now=at
        )
