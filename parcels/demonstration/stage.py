"""The stage of the demonstration: who plays, with which parcels, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from django.db.models import QuerySet

from exchanges.models import Round, SettledAddressee
from parcels import consignments, settling
from parcels.actions import Step, advance, propose, vote
from parcels.demonstration.offices import actor
from parcels.lifecycle import Status
from parcels.models import Finding, Parcel
from parcels.workers import screen
from people import approvals
from people.actors import Actor

# A parcel that came in longer ago than this, in days, is one of the first.
_LONG_AGO: Final = 10
# Facts reach the office some hours after they happened.
_LATER: Final = timedelta(hours=3)


class OffScript(Exception):
    """An act did not do what the play needs: it does not fit the rules any more."""


class Cast(NamedTuple):
    """Who plays a round: usernames."""

    registrar: str
    screeners: tuple[str, str]
    dispatcher: str
    liaison: str
    coordinator: str
    holding: str
    neutral: str


class Stage:
    """Each parcel is taken once, in the order of external ids, so that the same ones play the same."""

    def __init__(self, round_: Round, now: datetime, cast: Cast) -> None:
        self.round, self.now = round_, now
        self.registrar, self.dispatcher = actor(cast.registrar), actor(cast.dispatcher)
        self.screener, self.other_screener = (actor(each) for each in cast.screeners)
        self.liaison, self.coordinator = actor(cast.liaison), actor(cast.coordinator)
        self.holding, self.neutral = actor(cast.holding), actor(cast.neutral)
        rows = Parcel.objects.filter(round=round_).order_by("external_id")
        first = rows.filter(status_since__lt=self.ago(_LONG_AGO))
        self._first, self._new = _by_status(first), _by_status(rows.exclude(pk__in=first.values("pk")))

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def first(self, status: Status, count: int) -> list[str]:
        """Take parcels of the first days, each once."""
        return _take(self._first[status], count)

    def all_first(self, status: Status) -> list[str]:
        return self.first(status, len(self._first[status]))

    def new(self, status: Status, count: int) -> list[str]:
        return _take(self._new[status], count)

    def move(self, numbers: Sequence[str], move: str, by: Actor, days_ago: float, **details: object) -> None:
        at = self.ago(days_ago)
        steps = [Step(number, move, at - _LATER, details=details) for number in numbers]
        for result in advance(steps, by=by, now=at):
            if result.result != "moved":
                raise OffScript(f"{move}: {result.result} {result.problem or ''} {result.detail}")

    def two_officers(self, number: str, act: str, days_ago: float, **details: object) -> None:
        proposal = propose(number, act, by=self.liaison, now=self.ago(days_ago + 0.5), details=details)
        approvals.confirm(proposal.pk, by=self.coordinator, now=self.ago(days_ago))

    def pack(self, numbers: Sequence[str], days_ago: float) -> str:
        """Settle who gets them, and pack them into a new consignment; return its number."""
        settled_at = self.ago(days_ago + 0.1)
        settling.check_ties(numbers, by=self.registrar, now=settled_at)
        settling.settle(numbers, SettledAddressee.How.ON_LIST, by=self.liaison, now=settled_at)
        into = consignments.make(self.round, by=self.dispatcher, now=self.ago(days_ago)).number
        self.move(numbers, "pack", self.dispatcher, days_ago, consignment=into)
        return into

    def seal(self, consignment: str, seal: str) -> None:
        consignments.seal(consignment, seal, by=self.dispatcher)

    def dispatch(self, consignment: str, seal: str, days_ago: float) -> None:
        self.seal(consignment, seal)
        for result in consignments.dispatch(consignment, seal, by=self.dispatcher, now=self.ago(days_ago)):
            if result.problem:
                raise OffScript(f"dispatch: {result.problem} {result.detail}")

    def screen(self, numbers: Sequence[str], days_ago: float) -> None:
        """Let the worker's rules decide, then and not now."""
        ids = Parcel.objects.filter(number__in=numbers).order_by("pk").values_list("pk", flat=True)
        screen.screen(list(ids), self.ago(days_ago))

    def votes(self, number: str, days_ago: float, *votes: tuple[Actor, Literal["clear", "refuse"]]) -> None:
        for by, decision in votes:
            reason = self.questioned(number)[0] if decision == "refuse" else ""
            vote(number, decision, by=by, now=self.ago(days_ago), reason=reason)

    def questioned(self, number: str) -> list[str]:
        """Return the codes of what screening found in the parcel's lines."""
        found = Finding.objects.filter(parcel__number=number, line__isnull=False)
        return list(found.order_by("line", "pk").values_list("code", flat=True))


def _take(parcels: deque[str], count: int) -> list[str]:
    if count > len(parcels):
        raise OffScript(f"{count} parcels are needed and {len(parcels)} are there")
    return [parcels.popleft() for _ in range(count)]


def _by_status(parcels: QuerySet[Parcel]) -> dict[str, deque[str]]:
    found: dict[str, deque[str]] = {status: deque() for status in Status}
    for number, status in parcels.values_list("number", "status"):
        found[status].append(number)
    return found
