"""Giving a right to read people: a manager proposes it, and an officer of the office confirms it.

Who manages users reads nobody; alone, they could still make an account that does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from people import approvals, rights
from people.actors import OFFICERS, Actor
from people.acts import Act
from people.audit import record
from people.models import Approval, Client, Grant, Role

GIVE: Final = "give_right"
GRANT_KIND: Final = "grant"
RAISE: Final = "raise_people_an_hour"
CLIENT_KIND: Final = "client"
# So long after its last officer's right has ended, an office gets its next one from its manager alone.
_NOBODY_LEFT: Final = timedelta(days=7)
_DECIDE: Final = OFFICERS | {Role.MANAGER.value}


def needs_second(grant: Grant, now: datetime) -> bool:
    """Whether a right opens people, in an office where somebody can confirm it.

    Officers whose right was ended just now count: no manager ends them all and is alone with the next.
    """
    if grant.role not in rights.READ_PEOPLE:
        return False
    officers = Grant.objects.filter(
        organisation=grant.organisation_id, role__in=OFFICERS, client=None, waits=False
    )
    return officers.not_ended(now - _NOBODY_LEFT).exclude(pk=grant.pk).exists()


def propose(grant: Grant, *, by: Actor, now: datetime) -> Approval:
    """Propose a right; it waits until it is confirmed. Call it in the transaction that keeps it.

    :raises approvals.NotYours: if `by` is no manager
    """
    Grant.objects.filter(pk=grant.pk).update(waits=True)
    return approvals.propose(GRANT_KIND, grant.pk, GIVE, by=by, details={}, now=now)


def propose_more(client: Client, people_an_hour: int, *, by: Actor, now: datetime) -> Approval:
    """Propose that a system reads more people an hour; until that is confirmed it reads as many as before.

    :raises approvals.NotYours: if `by` is no manager
    :raises approvals.NotOpen: if that is proposed already
    """
    details = {"people_an_hour": people_an_hour}
    return approvals.propose(CLIENT_KIND, client.pk, RAISE, by=by, details=details, now=now)


@approvals.carries_out(GIVE, roles=_DECIDE)
def _give(approval: Approval, by: Actor, now: datetime) -> None:
    grant = Grant.objects.select_for_update().get(pk=approval.subject)
    if by.staff_id == grant.staff_id:
        raise approvals.NotYours
    grant.waits = False
    grant.save(update_fields=["waits"])
    record(by, Act.CHANGE_GRANT, GRANT_KIND, grant.pk, now=now)


@approvals.carries_out(RAISE, roles=_DECIDE)
def _raise(approval: Approval, by: Actor, now: datetime) -> None:
    Client.objects.filter(pk=approval.subject).update(people_an_hour=approval.details["people_an_hour"])
    record(by, Act.CHANGE_CLIENT, CLIENT_KIND, approval.subject, now=now)
