"""The file that one organisation takes home: what it may read of the log, and what lets it check the rest.

Canonical JSON, a line each: what the file is; of every leaf the movement or its hash; behind them the heads,
each with the proof that it grew from the one before; and a signature over all of it. So any byte that is
changed is found, and whoever has a file can check the next one against it. docs/custody-log.md has the form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from exchanges.models import Round
from parcels.custody_log import opening, proofs
from parcels.custody_log.leaf import text
from parcels.custody_log.tree import CUSTODY
from people import actors, audit, heads, sealing
from people.actors import Actor
from people.acts import Act
from people.merkle import Frontier
from people.models import Organisation, Role
from people.nodes import Kept
from people.sealing import Head

VERSION: Final = 1
KIND: Final = "lifeline custody export"
_SHARE: Final = 1_000


class NothingSealed(Exception):
    """The log has no head yet."""


def reader(organisation: Organisation) -> Actor:
    """Return the organisation as such, which reads what its officers and dispatchers do."""
    roles = frozenset({Role.LIAISON.value, Role.DISPATCHER.value})
    return replace(actors.worker(organisation.pk), roles=roles)


def export(organisation: Organisation, since: datetime, *, now: datetime) -> Iterator[str]:
    """Yield the lines of the file, as the log stands at one moment.

    :raises NothingSealed: if there is nothing to check yet
    """
    with transaction.atomic():
        audit.record(audit.By.COMMAND, Act.EXPORT_LOG, "organisation", organisation.pk)
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        newest = sealing.last_head(CUSTODY)
        if newest is None:
            raise NothingSealed
        yield from _signed(_lines(organisation, newest, since, now))


def _lines(organisation: Organisation, newest: Head, since: datetime, now: datetime) -> Iterator[str]:
    start = next(iter(sealing.read_heads(CUSTODY, "WHERE at < %s ORDER BY size DESC LIMIT 1", [since])), None)
    nodes, first = Kept(CUSTODY), start.size if start else 0
    yield text(_header(organisation, start, newest, since, now))
    if start:
        yield text({"head": proofs.head_told(start), "grew": []})
    told = iter(sealing.read_heads(CUSTODY, "WHERE size > %s ORDER BY size", [first]))
    before, head = first, next(told, newest)
    by = reader(organisation)
    for at in range(first, newest.size, _SHARE):
        share = opening.leaves(at, min(_SHARE, newest.size - at))
        for leaf in opening.opened(share, by=by, now=now):
            if "entry" in leaf:
                leaf["proof"] = proofs.inclusion(leaf["index"], newest.size, nodes)
            yield text(leaf)
            if leaf["index"] + 1 == head.size:
                grew = proofs.consistency(before, head.size, nodes) if before else []
                yield text({"head": proofs.head_told(head), "grew": grew})
                before, head = head.size, next(told, newest)


def _header(
    organisation: Organisation, start: Head | None, newest: Head, since: datetime, now: datetime
) -> dict[str, Any]:
    prefix = Frontier.from_bytes(start.size, start.frontier).roots if start else []
    return {
        "kind": KIND,
        "version": VERSION,
        "for": organisation.code,
        "since": heads.moment(since),
        "made_at": heads.moment(now),
        "first": start.size if start else 0,
        "before": [each.hex() for each in prefix],
        "size": newest.size,
        "root": newest.root.hex(),
        "keys": {name: public.hex() for name, public in heads.public_keys().items()},
        "organisations": _organisations(organisation),
    }


def _organisations(organisation: Organisation) -> dict[str, str]:
    """Return id → code of all that have a part in its rounds."""
    rounds = Round.objects.filter(Q(sending=organisation) | Q(neutral=organisation) | Q(holding=organisation))
    ends = rounds.values_list("sending", "neutral", "holding")
    met = {each for row in ends.distinct() for each in row if each is not None} | {organisation.pk}
    codes = Organisation.objects.filter(pk__in=met).values_list("pk", "code")
    return {str(pk): code for pk, code in codes}


def _signed(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines, and behind them our signature over every byte of them."""
    whole = hashlib.sha256()
    for line in lines:
        whole.update(f"{line}\n".encode())
        yield line
    told = {"kind": f"{KIND} end", "version": VERSION, "sha256": whole.hexdigest()}
    key, signature = heads.sign_text(text(told))
    yield text({**told, "key": key, "signature": signature.hex()})
