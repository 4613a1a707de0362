"""One human being as an office holds them, opened for their own file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from parcels.models import Parcel
from parcels.subject_file.redaction import redacted
from parcels.subject_file.words import Words
from people import vault
from people.models import Fact, Organisation, Person
from people.queries import facts_of, keys_of


@dataclass
class Subject:
    """One human being as an office holds them: one record or several, and what is read once of them."""

    people: list[Person]
    entries: list[int]
    """Entries of the office's lists that name them."""
    words: Words
    now: datetime

    @cached_property
    def ids(self) -> list[int]:
        return [person.pk for person in self.people]

    @cached_property
    def keys(self) -> dict[int, bytes]:
        return keys_of(self.ids)

    @cached_property
    def parcels(self) -> list[Parcel]:
        theirs = Q(sender__in=self.ids) | Q(recipient__in=self.ids)
        rows = Parcel.objects.filter(theirs).select_related("round__holding", "round__neutral")
        return list(rows.order_by("pk"))

    @cached_property
    def others(self) -> list[str]:
        """Return every name of those at the other end of their parcels: they are not named in free words."""
        ends = {end for parcel in self.parcels for end in (parcel.sender_id, parcel.recipient_id)}
        found = Person.objects.filter(pk__in=ends - set(self.ids), key__isnull=False)
        kinds = (Fact.Kind.NAME, Fact.Kind.NAME_LATIN, Fact.Kind.OTHER_NAME)
        return [text for person in found for fact, text in facts_of(person) if fact.kind in kinds]

    def open(self, person_id: int, sealed: bytes | memoryview | None, place: str, row: int | str) -> str:
        if sealed is None:
            return ""
        key = self.keys.get(person_id)
        return vault.unseal(key, sealed, place=place, row=row) if key else self.words["erased"]

    def free(self, text: str) -> str:
        return redacted(text, self.others)

    def organisation(self, of: Organisation | None) -> str:
        return str(getattr(of, f"name_{self.words.language}")) if of else ""

    def day(self, of: datetime | date | None) -> str:
        if isinstance(of, datetime):
            of = timezone.localtime(of).date()
        return of.isoformat() if of else ""
