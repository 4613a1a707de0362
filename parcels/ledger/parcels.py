"""Rows on parcels and letters: what each organisation itself recorded, told apart by whose word it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Case, F, Max, OuterRef, Q, Subquery, Sum, TextField, When
from django.db.models import Count as CountOf
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from exchanges.models import Round
from parcels import access
from parcels.ledger.shapes import Balance, Count, Row, Scope
from parcels.lifecycle import OBSERVE, Status
from parcels.models import Line, Parcel
from people.models import Organisation

# What is stated of parcels, in the order of a parcel's life.
_STATED: Final = {
    "accept": "Parcels taken in",
    "dispatch": "Parcels dispatched",
    "entrust": "Parcels entrusted to the intermediary",
    "hand_over": "Parcels handed over",
    "receive": "Receipts reported",
    "confirm": "Receipts confirmed by the prisoner's own word",
    "return": "Parcels given back to their senders",
    "write_off": "Parcels traced without result",
}
_NOT_AGREED: Final = (Round.Status.PROPOSED, Round.Status.CANCELLED)
_AT_HOME: Final = (
    Status.REGISTERED, Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED, Status.CLEARED, Status.PACKED,
    Status.CANCELLED,
)  # fmt: skip


def under(scope: Scope, prefix: str = "") -> Q:
    """Return the condition that a parcel left under the agreement, or is here under it."""
    left = f"{prefix}consignment__terms__agreement"
    return Q(**{f"{prefix}round__in": list(scope.rounds)}) & (
        Q(**{left: scope.agreement})
        | Q(**{f"{left}__isnull": True, f"{prefix}round__agreement": scope.agreement})
    )


def stated(scope: Scope) -> Iterable[Row]:
    """Count parcels by what each organisation stated of them, on its own behalf or through another's pen."""
    spoken = Organisation.objects.filter(code=OuterRef("spoken_for")).values("code")
    rows = (
        access.counting(scope.actor, scope.now)
        .filter(under(scope, "parcel__"))
        .annotate(observed=KT("details__move"), spoken_for=KT("details__on_behalf_of"))
        .annotate(
            what=_effective(),
            source=Coalesce(Subquery(spoken), F("organisation__code")),
            on=TruncDate("recorded_at"),
        )
        .filter(what__in=_STATED)
        .order_by()
        .values_list("what", "parcel__round__sending__code", "parcel__round__holding__code", "source")
        .annotate(value=CountOf("parcel", distinct=True), last=Max("on"))
    )
    counts: dict[str, list[Count]] = {}
    for what, sending, holding, source, value, last in rows:
        counts.setdefault(what, []).append(Count(sending, holding, value, source, "its own records", last))
    for what, label in _STATED.items():
        yield Row(what, label, tuple(sorted(counts.get(what, ()))))


def _effective() -> Any:
    """A fact that did not fit is the word of who stated it, too."""
    return Case(When(move=OBSERVE, then=F("observed")), default=F("move"), output_field=TextField())


def letters(scope: Scope) -> Iterable[Row]:
    """Count letters that left in parcels; what is in a parcel the neutral agency does not read."""
    readable = [each.pk for each in scope.rounds if each.neutral_id != scope.actor.organisation_id]
    rows = (
        Line.objects.filter(under(scope, "parcel__"), parcel__round__in=readable, category="LETTER")
        .filter(parcel__consignment__isnull=False)
        .exclude(parcel__status__in=_AT_HOME)
        .order_by()
        .values_list("parcel__round__sending__code", "parcel__round__holding__code")
        .annotate(value=Sum(F("quantity") - F("removed")), last=Max("parcel__status_since"))
    )
    counts = tuple(
        Count(sending, holding, value, sending, "in parcels that have left", _day(last))
        for sending, holding, value, last in rows
    )
    yield Row("letters", "Letters", tuple(sorted(counts)))


def targets(scope: Scope) -> Iterable[Row]:
    """What was agreed for each direction, and how much of it is declared."""
    planned: dict[tuple[str, str], list[Round]] = {}
    for each in scope.rounds:
        if each.agreement_id == scope.agreement.pk and each.status not in _NOT_AGREED:
            planned.setdefault((each.sending.code, each.holding.code), []).append(each)
    yield Row(
        "target",
        "Parcels agreed, by the rounds' targets",
        tuple(
            Count(*ends, sum(each.target for each in rounds), "both sides", _named(rounds), None)
            for ends, rounds in sorted(planned.items())
        ),
    )
    declared = (
        Parcel.objects.filter(under(scope))
        .exclude(status=Status.CANCELLED)
        .order_by()
        .values_list("round__sending__code", "round__holding__code")
        .annotate(value=CountOf("pk"), last=Max("status_since"))
    )
    yield Row(
        "declared",
        "Parcels declared, of those agreed",
        tuple(
            Count(sending, holding, value, sending, "all but cancelled", _day(last))
            for sending, holding, value, last in sorted(declared)
        ),
    )


def balances(scope: Scope) -> list[Balance]:
    """Return each round that has a mirror beside it, once."""
    known = {each.pk: each for each in scope.rounds}
    pairs = [(each, known[each.mirror_id]) for each in scope.rounds if each.mirror_id in known]
    left = dict(
        Parcel.objects.filter(round__in=known)
        .exclude(status__in=_AT_HOME)
        .filter(consignment__isnull=False)
        .order_by()
        .values_list("round")
        .annotate(count=CountOf("pk"))
    )
    seen: set[frozenset[int]] = set()
    found = []
    for one, other in sorted(pairs, key=lambda pair: pair[0].opens_on):
        if (both := frozenset({one.pk, other.pk})) in seen:
            continue
        seen.add(both)
        found.append(
            Balance(
                one.reference, other.reference, one.target, other.target, left.get(one.pk, 0),
                left.get(other.pk, 0),
            )
        )  # fmt: skip
    return found


def _named(rounds: Iterable[Round]) -> str:
    return "rounds " + ", ".join(sorted(each.reference for each in rounds))


def _day(moment: Any) -> Any:
    return timezone.localtime(moment).date() if moment else None
