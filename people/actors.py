"""Who acts: a member of staff, a partner's system, a worker, or a family with its code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from django.db import connection, transaction

from people.models import Approval, Client, Grant, Role, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable

OFFICERS = frozenset({Role.LIAISON.value, Role.COORDINATOR.value})
# Staff who may act for their organisation where the table names a relation; a client needs any grant.
RELATION_ROLES = frozenset({Role.LIAISON.value, Role.LOGISTICS.value, Role.DISPATCHER.value})


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts for one organisation, with the roles granted there now."""

    kind: Literal["staff", "client", "worker", "family"]
    organisation_id: int
    roles: frozenset[str] = frozenset()
    staff_id: int | None = None
    client_id: int | None = None
    # Whether staff proved within the last minutes who they are; who builds an actor must say so.
    fresh: bool = False
    # The decided approval under which two people act; only people.approvals sets it.
    approval: Approval | None = None

    @property
    def acts_in_relations(self) -> bool:
        return bool(self.roles if self.kind == "client" else self.roles & RELATION_ROLES)

    def under(self, approval: Approval) -> Actor:
        return replace(self, approval=approval)


class NotFresh(Exception):
    """Whoever acts must first prove again who they are: see `people.signin.fresh`."""


class NoGrant(Exception):
    """Whoever asks holds no current right in that organisation."""


def of_staff(staff: Staff, organisation_id: int | None = None) -> Actor:
    """Return `staff` acting for the organisation, or for the only one they have rights in.

    For whoever works on the server itself; pages say how fresh a session is.

    :raises NoGrant: if they hold no current grant there.
    """
    organisation_id, roles = _roles(staff.grants.current(), organisation_id)
    return Actor("staff", organisation_id, roles, staff_id=staff.pk, fresh=True)


def of_client(client: Client) -> Actor:
    """:raises NoGrant: if the client holds no current grant in its own organisation."""
    organisation_id, roles = _roles(client.grants.current(), client.organisation_id)
    return Actor("client", organisation_id, roles, client_id=client.pk)


def worker(organisation_id: int) -> Actor:
    return Actor("worker", organisation_id)


def family(organisation_id: int) -> Actor:
    return Actor("family", organisation_id)


def _roles(grants: Iterable[Grant], organisation_id: int | None) -> tuple[int, frozenset[str]]:
    held = [(grant.organisation_id, grant.role) for grant in grants]
    chosen = organisation_id if organisation_id is not None else min((o for o, _ in held), default=None)
    roles = frozenset(role for organisation, role in held if organisation == chosen)
    if chosen is None or not roles:
        raise NoGrant
    return chosen, roles


def announce(actor: Actor) -> None:
    """Tell the database, for this transaction, who acts: triggers and row security read it."""
    who = f"{actor.kind}:{actor.staff_id or actor.client_id or ''}"
    _tell(who, str(actor.organisation_id), ",".join(sorted(actor.roles)))


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Read and write in one transaction as `actor`, as nobody without one; those around go on as before."""
    within = connection.in_atomic_block
    with transaction.atomic():
        before = _told() if within else None
        if actor is not None:
            announce(actor)
        elif within:
            _tell("", "", "")
        yield
        if before is not None and not connection.needs_rollback:
            _tell(*before)


_SETTINGS: Final = ("lifeline.actor", "lifeline.organisation", "lifeline.roles")


def _tell(*values: str) -> None:
    calls = ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", values)


def _told() -> tuple[str, ...]:
    calls = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}")
        told: tuple[str, ...] = cursor.fetchone()
        return told
