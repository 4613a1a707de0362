"""The one function that records: who did, saw or was refused what.

What is recorded stands or falls with the transaction around it, so that nothing is seen unrecorded. A refusal
must stand though that transaction is rolled back: it is written once the request is over, or apart from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection, connections, transaction

from people import vault
from people.actors import Actor
from people.acts import ACTS, Act
from people.models import AuditEntry, Client, Staff

By = AuditEntry.By
Who = Actor | Staff | Client | AuditEntry.By
Write = Callable[[str], None]
"""Writes through the database of this alias."""


@dataclass
class Trail:
    """What all entries of one request have in common, and what waits for its end."""

    reference: str = ""
    route: str = ""
    origin: str = ""
    acting_for: Callable[[], int | None] = lambda: None
    """For which organisation a member of staff acts."""
    refused: bool = False
    """Whether somebody has said already what was refused here."""
    waiting: list[Write] = field(default_factory=list)


_trail: ContextVar[Trail | None] = ContextVar("audit_trail", default=None)
_NOBODYS: Final = Trail()


def trail() -> Trail:
    return _trail.get() or _NOBODYS


@contextmanager
def following(trail: Trail) -> Iterator[Trail]:
    """Record in one request: what waited is written when it is over, whatever became of it."""
    token = _trail.set(trail)
    try:
        yield trail
    finally:
        _trail.reset(token)
        for write in trail.waiting:
            write("default")


def record(
    who: Who,
    act: Act | str,
    subject_kind: str = "",
    subjects: Iterable[int] | int | None = None,
    *,
    purpose: str = "",
    now: datetime | None = None,
) -> None:
    """Record what was done, a row for each subject; without subjects, one row.

    :param now: when, if it is not the database's own time
    :raises KeyError: for an act that is not in `people.acts`
    """
    rows = _rows(who, act, subject_kind, subjects, purpose=purpose, now=now)
    AuditEntry.objects.bulk_create(rows)


def refuse(
    who: Who,
    act: Act | str,
    subject_kind: str = "",
    subjects: Iterable[int] | int | None = None,
    *,
    purpose: str = "",
    name: str = "",
) -> None:
    """Record what was refused, so that it stands whatever becomes of the transaction around.

    :param name: of an account that is not known here; kept as a keyed hash
    :raises KeyError: for an act that is not in `people.acts`
    """
    rows = _rows(who, act, subject_kind, subjects, purpose=purpose, outcome=AuditEntry.Outcome.REFUSED)
    for row in rows:
        row.name_hash = vault.search_key(f"account:{name.casefold()}").hex() if name else ""
    trail().refused = _trail.get() is not None

    def write(using: str) -> None:
        AuditEntry.objects.using(using).bulk_create(rows)

    keep(write)


def keep(write: Write) -> None:
    """Have `write` write what stays, whatever becomes of the transaction around."""
    if not connection.in_atomic_block:
        write("default")
    elif (found := _trail.get()) is not None:
        found.waiting.append(write)
    else:
        with _apart() as using:
            write(using)


def acts_for(organisation: Callable[[], int | None]) -> None:
    """Tell for which organisation the member of staff acts whose request this is."""
    if (found := _trail.get()) is not None:
        found.acting_for = organisation


def subject_of(who: Who) -> dict[str, int | None]:
    """Return who it is by the columns of an entry or an alarm."""
    if isinstance(who, Actor):
        return {"staff_id": who.staff_id, "client_id": who.client_id, "organisation_id": who.organisation_id}
    if isinstance(who, Staff):
        return {"staff_id": who.pk, "client_id": None, "organisation_id": trail().acting_for()}
    if isinstance(who, Client):
        return {"staff_id": None, "client_id": who.pk, "organisation_id": who.organisation_id}
    return {"staff_id": None, "client_id": None, "organisation_id": None}


def origin_of(network: str) -> str:
    """Return a word for a network that says nothing of it but whether two are one."""
    if network.startswith(("127.", "::")):
        return "this machine"
    return hashlib.blake2b(vault.search_key(f"network:{network}"), digest_size=6).hexdigest()


def _rows(
    who: Who,
    act: Act | str,
    subject_kind: str,
    subjects: Iterable[int] | int | None,
    *,
    purpose: str,
    outcome: str = AuditEntry.Outcome.DONE,
    now: datetime | None = None,
) -> list[AuditEntry]:
    told = trail()
    each: Iterable[int | None] = [subjects] if subjects is None or isinstance(subjects, int) else subjects
    common: dict[str, Any] = {
        "act": ACTS[act].value,
        "by": _by(who),
        **subject_of(who),
        "outcome": outcome,
        "subject_kind": subject_kind,
        "purpose": purpose,
        "request": told.reference,
        "route": told.route,
        "origin": told.origin,
        **({"at": now} if now else {}),
    }
    return [AuditEntry(**common, subject=subject) for subject in each]


def _by(who: Who) -> str:
    if isinstance(who, Staff):
        return By.STAFF
    if isinstance(who, Client):
        return By.CLIENT
    if not isinstance(who, Actor):
        return who
    # An actor without a person is the server's own command line, or a worker.
    kinds = {"staff": By.STAFF if who.staff_id else By.COMMAND, "client": By.CLIENT, "worker": By.WORKER}
    return kinds.get(who.kind, By.STRANGER)


@contextmanager
def _apart() -> Iterator[str]:
    """Lend a second connection, whose transaction is not the one around."""
    alias = "apart"
    connections[alias] = connections.create_connection("default")
    try:
        with transaction.atomic(using=alias):
            yield alias
    finally:
        connections[alias].close()
        del connections[alias]
