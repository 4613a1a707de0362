"""Words about groups and claims, sealed: under the person's key where they are about one, else wrapped."""

from __future__ import annotations

from typing import Final

from people import vault
from people.models import PersonKey
from people.queries import key_of

TITLE: Final = "exchanges.return.title"
REGION: Final = "exchanges.return.region"
SCOPE: Final = "exchanges.count.scope"
WISH: Final = "exchanges.wish"
WHEREABOUTS: Final = "exchanges.whereabouts"
CLAIM: Final = "exchanges.claim"
ASSESSMENT: Final = "exchanges.assessment"
ERASED: Final = "erased"


def wrap(text: str, place: str) -> bytes:
    return vault.wrap(text.encode(), place=place)


def unwrap(wrapped: bytes | memoryview | None, place: str) -> str:
    return vault.unwrap(wrapped, place=place).decode() if wrapped is not None else ""


def seal(text: str, place: str, person_id: int | None) -> bytes:
    """:raises PersonKey.DoesNotExist: once the person was erased"""
    return wrap(text, place) if person_id is None else vault.seal(key_of(person_id), text, place=place)


def unseal(
    sealed: bytes | memoryview | None, place: str, person_id: int | None, keys: dict[int, bytes]
) -> str:
    """Return the text; `keys` are those of the people concerned, from `keys_of`."""
    if sealed is None:
        return ""
    if person_id is None:
        return unwrap(sealed, place)
    return vault.unseal(keys[person_id], sealed, place=place) if person_id in keys else ERASED


def keys_of(person_ids: set[int]) -> dict[int, bytes]:
    """Return the key of each who was not erased."""
    rows = PersonKey.objects.filter(person__in=person_ids).values_list("person_id", "wrapped")
    return {person: vault.unwrap(wrapped) for person, wrapped in rows}
