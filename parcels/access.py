"""Who may see which parcels, and what of them.

An organisation sees the parcels of its rounds, as its relation to each round allows. A system of the sending
organisation without a dispatcher's or liaison's right reads what is published, as a family does. The holding
side reads no contest before a liaison has released it, nor what others did after it; what it does then itself
reads as what does not fit, just as it would if nobody had contested.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest

from exchanges.models import Round
from parcels import places
from parcels.actions import Result
from parcels.lifecycle import END, FAMILY_WORD, OBSERVE, Status
from parcels.models import Finding, Movement, Parcel, Publication
from people.actors import OFFICERS, Actor
from people.models import Role

_READS_ALL: Final = frozenset({Role.DISPATCHER.value, Role.LIAISON.value})
_SCREENED_BY: Final = ("clear", "hold", "refuse")
_MUST_CHANGE: Final = ("prohibit", "redirect")


class Relation(StrEnum):
    SENDING = "sending"
    NEUTRAL = "neutral"
    HOLDING = "holding"


class Sight(NamedTuple):
    """What an actor may see of one parcel beside number, status and mass."""

    relation: Relation
    published_only: bool
    contents: bool
    sender: bool
    route: bool


def sight(actor: Actor, parcel: Parcel) -> Sight:
    relation = _relation(actor, parcel.round)
    published_only = relation is Relation.SENDING and reads_published_only(actor)
    dispatches = relation is Relation.SENDING and Role.DISPATCHER.value in actor.roles
    needs_route = dispatches or relation is Relation.NEUTRAL or parcel.holder_id == actor.organisation_id
    return Sight(
        relation,
        published_only,
        contents=relation is not Relation.NEUTRAL,
        sender=relation is Relation.SENDING,
        route=needs_route and not published_only,
    )


def reads_published_only(actor: Actor) -> bool:
    """Whether `actor` reads of its own organisation's parcels only what has become public."""
    return actor.kind == "client" and not actor.roles & _READS_ALL


def _relation(actor: Actor, round_: Round) -> Relation:
    ours = actor.organisation_id
    if ours == round_.sending_id:
        return Relation.SENDING
    return Relation.HOLDING if ours == round_.holding_id else Relation.NEUTRAL


def _merged() -> dict[Status, Status]:
    first: dict[str, Status] = {}
    for status in Status:
        first.setdefault(FAMILY_WORD[status], status)
    return {
        status: first[FAMILY_WORD[status]]
        for status in Status
        if status not in END and first[FAMILY_WORD[status]] is not status
    }


# Statuses a family's word does not tell apart are one in what is published: that a parcel was packed would
# tell that its addressee is settled, that an intermediary has it would tell its route.
SHOWN_AS: Final[Mapping[Status, Status]] = _merged()
_SHOWN: Final = Case(
    *(When(status=status.value, then=Value(shown.value)) for status, shown in SHOWN_AS.items()),
    default=F("status"),
    output_field=CharField(),
)


# What the holding side reads nothing of before a liaison releases it: that its word is contested, and what
# the addressee's situation caused, which would tell of an exchange.
_SPARED: Final = Q(move="contest") | (Q(details__has_key="situation") & ~Q(move=OBSERVE))
_SPARED_MARK: Final = Q(move=OBSERVE) & (Q(details__move="contest") | Q(details__has_key="situation"))


def parcels(actor: Actor, now: datetime) -> QuerySet[Any, Any]:
    """Return the parcels of the actor's rounds, with what they see of each.

    That is `seen_status`, since `seen_since`, and its last change `seen_at`: filters ask these, no column.
    """
    ours = actor.organisation_id
    history = Movement.objects.filter(parcel=OuterRef("pk"))
    last = history.filter(number=OuterRef("last_number"))
    spared = _uncontested(history, ours, now).order_by("-number")
    before = _before_contest(history, now)
    contests = history.filter(_SPARED, ~Exists(_news(now)))
    is_contested = Q(Exists(contests), round__holding=ours)
    status = [When(is_contested, then=Subquery(before.values("status")[:1]))]
    since = [When(is_contested, then=Subquery(before.exclude(move=OBSERVE).values("recorded_at")[:1]))]
    is_spared = Q(Exists(history.filter(_SPARED | _SPARED_MARK)), round__holding=ours)
    at = [When(is_spared, then=Subquery(spared.values("recorded_at")[:1]))]
    if reads_published_only(actor):
        news = _published(history, now).order_by("-number")
        public_from = When(round__sending=ours, then=Subquery(news.values("public_from")[:1]))
        status.append(When(round__sending=ours, then=Subquery(news.values("shown")[:1])))
        since.append(public_from)
        at.append(public_from)
    return (
        Parcel.objects.filter(Q(round__sending=ours) | Q(round__neutral=ours) | Q(round__holding=ours))
        .select_related("round__sending")
        .defer("seed", "code_hash", "content_hash")
        .annotate(
            seen_status=Case(*status, default=F("status"), output_field=CharField()),
            seen_since=Case(*since, default=F("status_since"), output_field=DateTimeField()),
            seen_at=Case(*at, default=Subquery(last.values("recorded_at")), output_field=DateTimeField()),
        )
    )


def movements(actor: Actor, parcel: Parcel, now: datetime) -> QuerySet[Any, Any]:
    """Return what the actor reads of the parcel's life.

    Each has `shown`, its status, `shown_move`, and `place`, its number among those that are seen: a gap would
    tell that something is hidden. What is published is one movement for each of the family's words.
    """
    history = Movement.objects.filter(parcel=parcel).select_related("organisation")
    seen = sight(actor, parcel)
    if seen.published_only:
        return _published(history, now)
    if seen.relation is not Relation.HOLDING:
        return history.annotate(shown=F("status"), shown_move=F("move"), place=F("number"))
    return _as_uncontested(history, actor.organisation_id, now)


def logged(actor: Actor, now: datetime) -> tuple[QuerySet[Movement], ...]:
    """Return the movements that the actor may read exactly as they were recorded, by the end it has of them.

    Nothing is told so to one who reads what is published. To the holding side no observation is, and of what
    followed a report of receipt only what led up to a contest that a liaison has released: whether a movement
    is missing among these says nothing of whether it is contested.
    """
    ours = actor.organisation_id
    ends = Q(parcel__round__neutral=ours)
    if not reads_published_only(actor):
        ends |= Q(parcel__round__sending=ours)
    whole = Movement.objects.filter(ends)
    released = Movement.objects.filter(
        Exists(_news(now)),
        parcel=OuterRef("parcel"),
        move="contest",
        number__gt=OuterRef("number"),
        number__lte=OuterRef(OuterRef("number")),
    )
    receipts = Movement.objects.filter(
        ~Exists(released),
        ~Q(move=OBSERVE),
        parcel=OuterRef("parcel"),
        number__lt=OuterRef("number"),
        status__in=(Status.RECEIVED, Status.CONFIRMED),
    )
    held = _before_contest(Movement.objects.filter(parcel__round__holding=ours), now)
    return whole, held.filter(~Exists(receipts)).exclude(move=OBSERVE).order_by()


def counting(actor: Actor, now: datetime) -> QuerySet[Movement]:
    """Return the movements of the actor's rounds to count by: as far as the actor knows, not undone.

    At the holding side nothing counts from a contest on that no liaison has released.
    """
    ours = actor.organisation_id
    contests = Movement.objects.filter(
        ~Exists(_news(now)), parcel=OuterRef("parcel"), move="contest", number__lte=OuterRef("number")
    )
    known = ~Q(parcel__round__holding=ours) | ~Exists(contests)
    undone = Movement.objects.filter(known, parcel=OuterRef("parcel"), corrects=OuterRef("number"))
    ends = Q(parcel__round__sending=ours) | Q(parcel__round__neutral=ours) | Q(parcel__round__holding=ours)
    return Movement.objects.filter(ends, known).exclude(Exists(undone))


class Told(NamedTuple):
    """A movement as a reader is told of it: since when they may read it, and its time if they read times."""

    pk: int
    parcel_id: int
    number: int
    parcel: str
    move: str
    status: str
    since: datetime
    recorded_at: datetime | None


def told_of(actor: Actor, which: Q, now: datetime) -> list[Told]:
    """Return those of the movements, of any number of parcels, that the actor reads now, in their order.

    They are what `movements` returns for each parcel, by as many statements as there are relations.
    """
    ours = actor.organisation_id
    rows = Movement.objects.filter(which)
    plain = rows.annotate(shown=F("status"), shown_move=F("move"), since=F("recorded_at"))
    sent, carried = Q(parcel__round__sending=ours), Q(parcel__round__neutral=ours)
    held = _as_uncontested(rows.filter(parcel__round__holding=ours), ours, now)
    held = held.annotate(since=Greatest("recorded_at", Subquery(_released(now))))
    if not reads_published_only(actor):
        return _told(plain.filter(sent | carried)) + _told(held)
    public = _published(rows.filter(sent), now)
    public = public.annotate(since=F("public_from"), shown_move=F("move"))
    return _told(public, times=False) + _told(plain.filter(carried)) + _told(held)


def _told(rows: QuerySet[Any, Any], *, times: bool = True) -> list[Told]:
    columns = ("pk", "parcel_id", "number", "parcel__number", "shown_move", "shown", "since", "recorded_at")
    found = [Told(*row) for row in rows.order_by("pk").values_list(*columns)]
    return found if times else [each._replace(recorded_at=None) for each in found]


def _released(now: datetime) -> QuerySet[Any, Any]:
    """Return when a liaison last let others read something of a movement's parcel, up to that movement."""
    released = Publication.objects.filter(
        parcel=OuterRef("parcel"), number__lte=OuterRef("number"),
        released_by__isnull=False, public_from__lte=now,
    )  # fmt: skip
    return released.order_by("-public_from").values("public_from")[:1]


def as_seen(made: Sequence[Result], actor: Actor, now: datetime) -> list[Result]:
    """Take out of what a call of `advance` answers whatever its caller may not know of these parcels."""
    numbers = {each.parcel for each in made if each.number is not None}
    life = Movement.objects.filter(parcel__number__in=numbers)
    if reads_published_only(actor):
        return _as_published(made, life.filter(parcel__round__sending=actor.organisation_id), now)
    held = life.filter(parcel__round__holding=actor.organisation_id)
    contested = held.filter(_SPARED, ~Exists(_news(now))).values("parcel")
    seen = _as_uncontested(Movement.objects.filter(parcel__in=contested), actor.organisation_id, now)
    rows = seen.values_list("parcel__number", "number", "place", "shown_move", "shown")
    shown = {(parcel, number): rest for parcel, number, *rest in rows}
    return [_uncontested_result(each, shown.get((each.parcel, each.number))) for each in made]


def _as_published(made: Sequence[Result], life: QuerySet[Movement], now: datetime) -> list[Result]:
    ours = set(life.values_list("parcel__number", flat=True))
    public = life.filter(Exists(_news(now))).exclude(status__in=SHOWN_AS)
    told = set(public.values_list("parcel__number", "number"))
    return [_published_result(each, told) if each.parcel in ours else each for each in made]


def _published_result(made: Result, told: Collection[tuple[str, int]]) -> Result:
    """Tell the status that one's own move has just led to, or that is public; no number tells of a gap."""
    is_known = made.result == "moved" or (made.parcel, made.number) in told
    return made._replace(number=None, status=made.status if is_known else None)


def _uncontested_result(made: Result, shown: Sequence[Any] | None) -> Result:
    if shown is None:
        return made
    place, move, status = shown
    is_observed = made.result == "moved" and move == OBSERVE
    return made._replace(number=place, status=status, result="observed" if is_observed else made.result)


def findings(actor: Actor, parcel: Parcel, now: datetime) -> QuerySet[Finding]:
    """Return what the last screening found; to a reader of what is published, only what must change."""
    history = movements(actor, parcel, now)
    screened = history.filter(move__in=_SCREENED_BY).order_by("-number")
    found = parcel.findings.select_related("rule").order_by("line", "pk")
    seen = sight(actor, parcel)
    if not seen.contents:
        return found.none()
    if not seen.published_only:
        return found.filter(at_number=Subquery(screened.values("number")[:1]))
    last = history.order_by("-number").first()
    if last is None or last.status != Status.REFUSED:
        return found.none()
    return found.filter(at_number=last.number, verdict__in=_MUST_CHANGE)


def date_at_office(moment: datetime, parcel: Parcel) -> date:
    """Return the date where the sending office is."""
    return moment.astimezone(ZoneInfo(parcel.round.sending.time_zone)).date()


def _news(now: datetime) -> QuerySet[Publication]:
    return Publication.objects.filter(
        parcel=OuterRef("parcel"), number=OuterRef("number"), public_from__lte=now
    )


def _published(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Keep the published movements that begin a word of the family's, with `shown` and `public_from`."""
    news = _news(now)
    before = (
        Movement.objects.filter(parcel=OuterRef("parcel"), number__lt=OuterRef("number"))
        .filter(Exists(news))
        .annotate(shown=_SHOWN)
        .order_by("-number")
    )
    published: QuerySet[Any, Any] = (
        rows.filter(Exists(news))
        .annotate(
            shown=_SHOWN,
            public_from=Subquery(news.values("public_from")[:1]),
            before=Subquery(before.values("shown")[:1]),
        )
        .filter(Q(before=None) | ~Q(before=F("shown")))
    )
    return published


def _uncontested(rows: QuerySet[Movement], holding: int, now: datetime) -> QuerySet[Movement]:
    """Drop what the holding side is spared and no liaison has released, and what others did after it.

    A contest is dropped also where `holding`'s own office heard it at a visit: others there hold him.
    """
    contests = Movement.objects.filter(
        _SPARED, ~Exists(_news(now)), parcel=OuterRef("parcel"), number__lte=OuterRef("number")
    )
    return rows.exclude(_SPARED_MARK).filter((Q(organisation=holding) & ~_SPARED) | ~Exists(contests))


def _before_contest(rows: QuerySet[Movement], now: datetime) -> QuerySet[Movement]:
    """Return what happened before the first of it that no liaison has released, newest first."""
    contests = Movement.objects.filter(
        _SPARED, ~Exists(_news(now)), parcel=OuterRef("parcel"), number__lte=OuterRef("number")
    )
    return rows.filter(~Exists(contests)).order_by("-number")


def _as_uncontested(rows: QuerySet[Movement], holding: int, now: datetime) -> QuerySet[Any, Any]:
    """Return what `holding` reads, with `shown`, `shown_move` and `place`."""
    whole = Movement.objects.filter(parcel=OuterRef("parcel"), number__lte=OuterRef("number"))
    place = (
        _uncontested(whole, holding, now)
        .order_by()
        .values("parcel")
        .annotate(place=Count("pk"))
        .values("place")
    )
    after = Exists(whole.filter(_SPARED, ~Exists(_news(now))))
    last = _before_contest(whole, now).values("status")[:1]
    spared: QuerySet[Any, Any] = _uncontested(rows, holding, now).annotate(
        shown=Case(When(after, then=Subquery(last)), default=F("status"), output_field=CharField()),
        shown_move=Case(When(after, then=Value(OBSERVE)), default=F("move"), output_field=CharField()),
        place=Subquery(place),
    )
    return spared


def details(actor: Actor, movement: Any, seen: Sight, opener: places.Opener) -> dict[str, Any]:
    """Return what the movement tells to one who has this sight; keys not listed here are told to nobody.

    :param movement: one of `movements`
    """
    keys, is_own = _TOLD_TO_ALL, movement.organisation_id == actor.organisation_id
    # What became of the addressee is the sending office's to tell.
    if is_own or (seen.contents and "situation" not in movement.details):
        keys = keys | _CONTENTS
    if seen.route:
        keys = keys | _ROUTE
    if "situation" in movement.details and not actor.roles & OFFICERS:
        keys = keys - {"reason"}
    kept = movement.details
    if seen.route:
        kept = opener.opened(movement.move, movement.number, kept)
    told = {key: value for key, value in kept.items() if key in keys}
    return told if movement.shown_move == movement.move else told | {"move": movement.move}


_TOLD_TO_ALL: Final = frozenset(
    {
        "act", "complete", "declaration", "document", "evidence", "examined_before", "gross_mass_g", "method",
        "move", "on_behalf_of", "rules_version", "said_by", "where",
    }
)  # fmt: skip
_CONTENTS: Final = frozenset({"findings", "lines_described", "lines_removed", "reason"})
_ROUTE: Final = frozenset({"consignment", "new_seal", "old_seal", "place", "seal"})


def tells_route(told: Mapping[str, Any]) -> bool:
    return not _ROUTE.isdisjoint(told)
