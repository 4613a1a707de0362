"""A write that is sent twice is done once: the Idempotency-Key header (an IETF draft of that name).

The reply is saved in the transaction of the write itself, so the two cannot part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.response import Response

from people import crashing, vault
from people.models import SavedReply
from people.oauth import actor_of
from people.problems import Problem, invalid

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(days=30)
_LONGEST_KEY: Final = 255

Body = dict[str, Any]


class Reply(NamedTuple):
    """What a write answers, as it may be saved: without secrets."""

    status: int
    body: Body


def once(
    request: Request, write: Callable[[], Reply], *, complete: Callable[[Body], Body] = lambda body: body
) -> Response:
    """Answer with what `write` returns, or with what it returned the first time.

    :param complete: adds to the body what is never saved, the first time and each time after
    :raises Problem: idempotency-key-missing, idempotency-mismatch, idempotency-running, validation
    """
    key, organisation_id = _key(request), actor_of(request).organisation_id
    asked = _fingerprint(request)
    with transaction.atomic():
        transaction.on_commit(partial(crashing.reached, "write.committed"))
        if not _lock(f"{organisation_id}:{key}"):
            raise Problem("idempotency-running")
        saved = _saved(organisation_id, key)
        if saved is None:
            reply = write()
            SavedReply.objects.create(
                organisation_id=organisation_id,
                key=key,
                body_hash=asked[0],
                status=reply.status,
                body=reply.body,
            )
        elif bytes(saved.body_hash) not in asked:
            raise Problem("idempotency-mismatch")
        else:
            reply = Reply(saved.status, saved.body)
        answer = Response(complete(reply.body), reply.status)
        crashing.reached("write.before_commit")
    return answer


def _key(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not key:
        raise Problem("idempotency-key-missing")
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise invalid(HEADER, f"At most {_LONGEST_KEY} printable ASCII characters.")
    return key


def _fingerprint(request: Request) -> list[bytes]:
    """Return a keyed hash of address and body under each live version of the key, that in use first.

    Names are in there, and a plain hash could be guessed at.
    """
    whole = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body)
    return vault.search_keys(whole.hexdigest())


def _lock(name: str) -> bool:
    """Hold `name` until the transaction ends, or return False where another holds it."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (taken,) = cursor.fetchone()
        return bool(taken)


def _saved(organisation_id: int, key: str) -> SavedReply | None:
    rows = SavedReply.objects.filter(organisation=organisation_id, key=key)
    rows.filter(saved_at__lte=Now() - KEPT).delete()
    return rows.first()
