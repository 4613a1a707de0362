"""The keys of what is no person: a round, a consignment, a visit. Each seals what is told of its subject."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import OuterRef, Subquery

from people import vault
from people.models import DataKey, Organisation

PLACE: Final = "people.datakey"
ERASED: Final = "erased"
Kind = DataKey.Kind
_OF_OFFICES: Final = (Kind.PRISONERS, Kind.CLAIMS)


def row_of(kind: str, subject: int) -> str:
    return f"{kind}/{subject}"


def key_for(kind: str, subject: int) -> bytes:
    """Return the key of a subject, made at its first use; of two who make it at once, one does.

    :raises Locked: while the key-encryption key is not in memory
    """
    found = keys_of(kind, [subject])
    if not found:
        DataKey.objects.bulk_create(
            (_fresh(*each) for each in {(kind, subject), *_of_offices()}), ignore_conflicts=True
        )
        found = keys_of(kind, [subject])
    return found[subject]


def _fresh(kind: str, subject: int) -> DataKey:
    key = vault.new_key(row_of(kind, subject), place=PLACE)
    return DataKey(kind=kind, subject=subject, wrapped=key.wrapped, kek_version=key.kek_version)


def _of_offices() -> set[tuple[str, int]]:
    """Return the keys that offices have whatever they do: one made when it is needed would tell of it."""
    offices = Organisation.objects.values_list("pk", flat=True)
    wanted = {(kind.value, office) for kind in _OF_OFFICES for office in offices}
    kept = DataKey.objects.filter(kind__in=_OF_OFFICES).values_list("kind", "subject")
    return wanted - set(kept)


def keys_of(kind: str, subjects: Collection[int]) -> dict[int, bytes]:
    """Return the key of each subject that has one; where it was destroyed, nothing opens any more."""
    rows = DataKey.objects.filter(kind=kind, subject__in=subjects).values_list("subject", "wrapped")
    return {subject: unwrapped(kind, subject, wrapped) for subject, wrapped in rows}


def unwrapped(kind: str, subject: int, wrapped: bytes | memoryview) -> bytes:
    return vault.unwrap(wrapped, row=row_of(kind, subject), place=PLACE)


def wrapped_of(kind: str, subject: str = "pk") -> Subquery:
    """Return what a list annotates its rows with, so that each title costs no query of its own."""
    return Subquery(DataKey.objects.filter(kind=kind, subject=OuterRef(subject)).values("wrapped"))


def seal(kind: str, subject: int, text: str, *, place: str, row: int | str) -> bytes:
    return vault.seal(key_for(kind, subject), text, place=place, row=row)


def unseal(kind: str, subject: int, sealed: bytes | memoryview | None, *, place: str, row: int | str) -> str:
    """Return the text; empty where nothing was told, `ERASED` where the key was destroyed."""
    if sealed is None:
        return ""
    key = keys_of(kind, [subject]).get(subject)
    return vault.unseal(key, sealed, place=place, row=row) if key else ERASED
