"""Words about groups and claims, sealed under a key of their own kind: the person's where they are about one,
else the return's, or that of the office's claims."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from people import datakeys, vault
from people.models import DataKey
from people.queries import key_of
from people.queries import keys_of as people_keys

TITLE: Final = "exchanges.return.title"
REGION: Final = "exchanges.return.region"
SCOPE: Final = "exchanges.count.scope"
WISH: Final = "exchanges.wish"
WHEREABOUTS: Final = "exchanges.whereabouts"
CLAIM: Final = "exchanges.claim"
ASSESSMENT: Final = "exchanges.assessment"
ERASED: Final = vault.ERASED
_RETURN, _CLAIMS = DataKey.Kind.RETURN.value, DataKey.Kind.CLAIMS.value


class Keys(NamedTuple):
    """The keys of people, of returns and of offices that a page needs, each by its id."""

    people: dict[int, bytes]
    offices: dict[int, bytes]


def of_return(text: str, place: str, group: int, row: int) -> bytes:
    """Seal under the key of a return, for the row with that id."""
    return datakeys.seal(_RETURN, group, text, place=place, row=row)


def told_of_return(sealed: bytes | memoryview | None, place: str, group: int, row: int) -> str:
    return datakeys.unseal(_RETURN, group, sealed, place=place, row=row)


def key_of_return(group: int) -> bytes | None:
    return datakeys.keys_of(_RETURN, [group]).get(group)


def unwrapped(group: int, wrapped: bytes | memoryview | None) -> bytes | None:
    return datakeys.unwrapped(_RETURN, group, wrapped) if wrapped else None


def opened(key: bytes | None, sealed: bytes | memoryview | None, place: str, row: int) -> str:
    if sealed is None:
        return ""
    return vault.unseal(key, sealed, place=place, row=row) if key else ERASED


def seal(text: str, place: str, person_id: int | None, *, row: int, office: int) -> bytes:
    """Seal under the person's key, or under that of the office's claims where it is about nobody.

    :raises PersonKey.DoesNotExist: once the person was erased
    """
    if person_id is None:
        return datakeys.seal(_CLAIMS, office, text, place=place, row=row)
    return vault.seal(key_of(person_id), text, place=place, row=row)


def unseal(
    sealed: bytes | memoryview | None, place: str, person_id: int | None, keys: Keys, *, row: int, office: int
) -> str:
    """Return the text; `keys` are those of the people and offices concerned, from `keys_of`."""
    key = keys.offices.get(office) if person_id is None else keys.people.get(person_id)
    return opened(key, sealed, place, row)


def keys_of(person_ids: Collection[int], offices: Collection[int] = ()) -> Keys:
    """Return the key of each who was not erased."""
    return Keys(people_keys(person_ids), datakeys.keys_of(_CLAIMS, offices) if offices else {})
