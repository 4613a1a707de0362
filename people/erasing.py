"""Erasing what is known of people: their keys are destroyed, and what these sealed opens no more.

Which people were erased is also written beside the keys, outside the database: a restored backup brings their
keys back, and the list takes them away again. It names nobody, for a person's reference is random.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from people.models import MatchKey, NameKey, Person, PersonKey

LIST: Final = "erased"


def destroy_keys(person_ids: Collection[int], *, now: datetime) -> int:
    """Destroy the keys of these people, and the hashes they are found by; return how many had one.

    Workers alone may, and the list outside comes first: erased twice is erased, forgotten is not.
    """
    with transaction.atomic():
        people = Person.objects.select_for_update().filter(pk__in=person_ids).order_by("pk")
        references = [each.reference for each in people]
        _remember(references, now)
        return _destroy(person_ids)


def destroy_again() -> int:
    """After a backup was restored, destroy the keys of all ever erased; return how many came back."""
    path = _path()
    lines = path.read_text().splitlines() if path.exists() else []
    references = {line.split()[-1] for line in lines if line.strip()}
    with transaction.atomic():
        ids = list(Person.objects.filter(reference__in=references).values_list("pk", flat=True))
        return _destroy(ids)


def _destroy(person_ids: Collection[int]) -> int:
    NameKey.objects.filter(person__in=person_ids).delete()
    MatchKey.objects.filter(person__in=person_ids).delete()
    destroyed, _ = PersonKey.objects.filter(person__in=person_ids).delete()
    return destroyed


def _remember(references: Collection[str], now: datetime) -> None:
    with open(os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as kept:
        kept.writelines(f"{now:%Y-%m-%d} {reference}\n" for reference in references)
        kept.flush()
        os.fsync(kept.fileno())


def _path() -> Path:
    folder: Path = settings.KEYS.folder
    return folder / LIST
