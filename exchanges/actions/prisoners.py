"""Opening an exchange of prisoners, naming who knows of it, and bringing it from state to state."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from exchanges import access, lifecycle
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Exchange, ExchangeTrace, ListedPerson, NamedOfficer, Stage
from exchanges.queries.prisoners import EXCHANGE_KIND
from people import approvals, bulk, datakeys, vault
from people.actors import OFFICERS, Actor, announce
from people.models import Approval, Grant, new_reference

OPEN: Final = "exchange_open"
NAME: Final = "exchange_name"
UNNAME: Final = "exchange_unname"
TITLE: Final = "exchanges.exchange.title"
CROSSING: Final = "exchanges.stage.place"
LIST_NOTE: Final = "exchanges.prisonerlist.note"
STEP_NOTE: Final = "exchanges.listedstep.note"
# One of them falls ill, and the other can still name a third.
_FEWEST: Final = 2


def sealed(text: str, place: str, row: int, *, office: int) -> bytes | None:
    """Seal under the one key of the office's exchanges: a key for each would tell how many there are."""
    return datakeys.seal(datakeys.Kind.PRISONERS, office, text, place=place, row=row) if text else None


def opener(office: int) -> Opener:
    """Return what opens the words of an office's exchanges."""
    return Opener(datakeys.keys_of(datakeys.Kind.PRISONERS, [office]).get(office))


class Opener(NamedTuple):
    key: bytes | None

    def __call__(self, kept: bytes | memoryview | None, place: str, row: int) -> str:
        if not kept:
            return ""
        return vault.unseal(self.key, kept, place=place, row=row) if self.key else datakeys.ERASED


def propose_exchange(
    category: str,
    *,
    one_side_id: int,
    other_side_id: int,
    title: str,
    with_staff_id: int,
    by: Actor,
    now: datetime,
) -> Approval:
    """Propose an exchange to a second officer of one's own office; nothing of it exists before they agree.

    :raises NotPossible: if the two sides are one, or the second is no other officer of the office
    :raises approvals.NotYours: if `by` is no officer
    """
    if one_side_id == other_side_id:
        raise NotPossible("An exchange has two sides.")
    if with_staff_id == by.staff_id or with_staff_id not in officers_of(by.organisation_id, now):
        raise NotPossible("The second officer is another liaison or coordinator of your office.")
    (pk,) = bulk.new_ids(Exchange, 1)
    title_kept = sealed(title, TITLE, pk, office=by.organisation_id)
    details = {
        "reference": new_reference(),
        "category": category,
        "one_side": one_side_id,
        "other_side": other_side_id,
        "sealed_title": b64encode(title_kept or b"").decode(),
        "officer": with_staff_id,
    }
    return approvals.propose(EXCHANGE_KIND, pk, OPEN, by=by, details=details, now=now)


@approvals.carries_out(OPEN, apart=True)
def _opened(approval: Approval, by: Actor, now: datetime) -> None:
    told = approval.details
    if by.staff_id != told["officer"]:
        raise approvals.NotYours
    announce(by)
    # The first naming lets its officer see what is made next.
    _name(approval, approval.subject, told["officer"], now)
    exchange = Exchange.objects.create(
        pk=approval.subject,
        reference=told["reference"],
        organisation_id=approval.organisation_id,
        category=told["category"],
        one_side_id=told["one_side"],
        other_side_id=told["other_side"],
        sealed_title=b64decode(told["sealed_title"]),
        opened_at=now,
    )
    _name(approval, exchange.pk, approval.proposed_by_id, now)
    trace(exchange, "opened_file", by, now)


def title_of(opening: Approval) -> str:
    """Return the title of an exchange that is only proposed."""
    kept = b64decode(opening.details["sealed_title"])
    return opener(opening.organisation_id)(kept, TITLE, opening.subject)


def propose_naming(exchange: Exchange, act: str, staff_id: int, *, by: Actor, now: datetime) -> Approval:
    """Propose to name an officer (NAME) or to name them no more (UNNAME).

    :raises NotPossible: if that cannot be of this officer
    :raises approvals.NotYours: if `by` is not named on it
    :raises approvals.NotOpen: if another naming waits
    """
    with transaction.atomic():
        exchange = enter(exchange, by)
        _check_naming(exchange, act, staff_id, now)
        trace(exchange, f"proposed_{act}", by, now)
        # Where nobody else serves, the one to be named is asked.
        details = {"officer": staff_id, "alone": act == NAME and len(_serving(exchange, now)) == 1}
        return approvals.propose(EXCHANGE_KIND, exchange.pk, act, by=by, details=details, now=now)


@approvals.carries_out(NAME, apart=True)
def _named(approval: Approval, by: Actor, now: datetime) -> None:
    staff_id = approval.details["officer"]
    # Whoever is to be named cannot see it yet: what the proposer sees decides.
    exchange = enter(approval.subject, replace(by, staff_id=approval.proposed_by_id))
    _check_naming(exchange, NAME, staff_id, now)
    serving = _serving(exchange, now)
    alone = serving == {approval.proposed_by_id}
    if approval.proposed_by_id not in serving or not (
        by.staff_id in serving or (alone and by.staff_id == staff_id)
    ):
        raise approvals.NotYours
    announce(by)
    _name(approval, exchange.pk, staff_id, now)
    trace(exchange, "named", by, now)


@approvals.carries_out(UNNAME, apart=True)
def _unnamed(approval: Approval, by: Actor, now: datetime) -> None:
    staff_id = approval.details["officer"]
    exchange = enter(approval.subject, by)
    _check_naming(exchange, UNNAME, staff_id, now)
    require_named(exchange, approval.proposed_by_id, now)
    trace(exchange, "unnamed", by, now)
    exchange.officers.filter(staff=staff_id, unnamed_at=None).update(unnamed_at=now, unnamed_under=approval)


def _check_naming(exchange: Exchange, act: str, staff_id: int, now: datetime) -> None:
    is_named = exchange.officers.filter(staff=staff_id, unnamed_at=None).exists()
    if act == NAME:
        if is_named:
            raise NotPossible("This officer is named on it already.")
        if staff_id not in officers_of(exchange.organisation_id, now):
            raise NotPossible("Only a liaison or coordinator of the office can be named.")
        return
    if not is_named:
        raise NotPossible("This officer is not named on it.")
    if len(_serving(exchange, now) - {staff_id}) < _FEWEST:
        raise NotPossible("Two officers stay named: name another one first.")


def _name(approval: Approval, exchange_id: int, staff_id: int, now: datetime) -> None:
    NamedOfficer.objects.create(
        exchange_id=exchange_id, staff_id=staff_id, named_under=approval, named_at=now
    )


def asked_of(by: Actor) -> QuerySet[Approval]:
    """Return the open proposals to open or join an exchange that they made, or are asked to confirm."""
    mine = Q(act=OPEN, proposed_by=by.staff_id) | Q(details__officer=by.staff_id)
    asking = Q(act=OPEN) | Q(act=NAME, details__alone=True)
    return Approval.objects.filter(
        mine, asking, subject_kind=EXCHANGE_KIND, organisation=by.organisation_id, decision=None
    ).select_related("proposed_by")


def decide(approval: Approval, *, confirm: bool, by: Actor, now: datetime) -> None:
    """Confirm or reject what waits on an exchange; who proposed it takes it back by rejecting it.

    :raises NotPossible: if it cannot be done any more
    :raises approvals.NotYours: if it is not theirs to decide
    :raises approvals.NotOpen: if it was decided meanwhile
    """
    if confirm:
        approvals.confirm(approval.pk, by=by, now=now)
    elif approval.proposed_by_id == by.staff_id:
        approvals.void(approval.subject_kind, [approval.subject], approval.act, now=now)
    else:
        approvals.reject(approval.pk, by=by, reason="", now=now)


@transaction.atomic
def change_exchange(exchange: Exchange, status: str, *, by: Actor, now: datetime) -> Exchange:
    """Bring an exchange to its next state.

    :raises NotPossible: if that does not follow from its state, or its lists or stages are not so far
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = enter(exchange, by)
    check_step(exchange, status, lifecycle.EXCHANGE)
    if status == Exchange.Status.LISTS_EXCHANGED and not exchange.lists.exists():
        raise NotPossible("No list is stated yet.")
    if status in (Exchange.Status.VERIFIED, Exchange.Status.AGREED):
        _check_verified(exchange)
    if status == Exchange.Status.COMPLETED and exchange.stages.filter(status=Stage.Status.PLANNED).exists():
        raise NotPossible("A stage is still planned: finish it, or let it fall through.")
    take_step(exchange, status, lifecycle.EXCHANGE)
    trace(exchange, status, by, now)
    return exchange


def _check_verified(exchange: Exchange) -> None:
    unsure = exchange.people.filter(
        Q(status=ListedPerson.Status.LISTED) | Q(status=ListedPerson.Status.DISPUTED)
    ).count()
    if unsure:
        raise NotPossible(f"Not verified yet, or disputed: {unsure}.")


@transaction.atomic
def look(exchange: Exchange, purpose: str, *, by: Actor, now: datetime) -> None:
    """Record that `by` opened it, and what for."""
    trace(enter(exchange, by), ExchangeTrace.OPENED, by, now, purpose)


def trace(exchange: Exchange, act: str, by: Actor, now: datetime, purpose: str = "") -> None:
    ExchangeTrace.objects.create(exchange=exchange, staff_id=officer(by), act=act, purpose=purpose, at=now)


def enter(exchange: Exchange | int, by: Actor) -> Exchange:
    """Return the exchange as it is now, locked; call it in a transaction.

    :raises approvals.NotYours: if `by` is not named on it
    """
    announce(by)
    pk = exchange if isinstance(exchange, int) else exchange.pk
    found = access.exchanges(by).filter(pk=pk).first()
    if found is None:
        raise approvals.NotYours
    return locked(found, "organisation", "one_side", "other_side")


def officer(by: Actor) -> int:
    """:raises approvals.NotYours: if `by` is no member of staff"""
    if by.staff_id is None:
        raise approvals.NotYours
    return by.staff_id


def require_named(exchange: Exchange, staff_id: int, now: datetime) -> None:
    """:raises approvals.NotYours: if this officer is named no more, or serves no more"""
    if staff_id not in _serving(exchange, now):
        raise approvals.NotYours


def _serving(exchange: Exchange, now: datetime) -> set[int]:
    """Return who is named on it and still an officer of its office."""
    named = exchange.officers.filter(unnamed_at=None).values_list("staff_id", flat=True)
    return set(named) & officers_of(exchange.organisation_id, now)


def officers_of(organisation_id: int, now: datetime) -> set[int]:
    """Return the staff who are an office's liaisons and coordinators now."""
    grants = Grant.objects.current(now).filter(organisation=organisation_id, role__in=OFFICERS)
    return set(grants.filter(staff__is_active=True).values_list("staff_id", flat=True))
