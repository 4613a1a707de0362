"""The list of parcels: fixed filters, a search that goes to an index, and a count that stops in time."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from parcels import codes
from parcels.access import Relation
from parcels.admin import words
from parcels.admin.reading import reader_of
from parcels.models import Parcel
from people.desk import Asked
from people.models import Person
from people.queries import names_of, people_named

_REFERENCE: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")
# A name that fits more people than this finds nobody: more of it has to be typed.
_MOST_NAMESAKES: Final = 500


class _Fixed(admin.SimpleListFilter):
    """Choices that are known beforehand: the stock filter would read them out of every row."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(self.condition(value)) if value else queryset

    def condition(self, value: str) -> Q:
        raise NotImplementedError


class StatusFilter(_Fixed):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(words.STATUS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value, reader = self.value(), reader_of(request)
        if not value:
            return queryset
        # What the holding side sees may differ from the column; everywhere else the index serves.
        held = reader.as_relation(Relation.HOLDING)
        others = [pk for pk in reader.rounds if pk not in held]
        return queryset.filter(
            Q(round__in=others, status=value) | Q(round__in=held, seen_status=value)
            if held
            else Q(status=value)
        )


class RoundFilter(_Fixed):
    title, parameter_name = "round", "round"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(found.reference, found.reference) for found in reader_of(request).rounds.values()]

    def condition(self, value: str) -> Q:
        return Q(round__reference=value)


class _Mark(_Fixed):
    met: ClassVar[Q]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes")]

    def condition(self, value: str) -> Q:
        return self.met


class _OurMark(_Mark):
    """Only the sending office is shown what is late or held: others could tell from it what is hidden."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().queryset(request, queryset.filter(ours=True) if self.value() else queryset)


class OverdueFilter(_OurMark):
    title, parameter_name, met = "overdue", "overdue", Q(overdue_since__isnull=False)


class FrozenFilter(_Mark):
    title, parameter_name, met = "frozen", "frozen", Q(frozen=True, marked=True)


class FlaggedFilter(_Mark):
    title, parameter_name, met = "flagged", "flagged", Q(flagged=True, marked=True)


class HeldNewsFilter(_OurMark):
    title, parameter_name, met = "news held back", "held", Q(held_from__isnull=False)


class UntiedFilter(_Mark):
    title, parameter_name, met = "tie to check", "untied", Q(tie_checked_by=None)


class ParcelList(Asked):
    """Reads all names of a page at once, for those who may read them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        reader = reader_of(request)
        shown = list(self.result_list) if reader.reads_names else []
        names = names_of(parcel.recipient_id for parcel in shown) if shown else {}
        if shown:
            self.result_list = shown
        for parcel in shown:
            parcel.addressee = initials(names.get(parcel.recipient_id, ""))


def initials(name: str) -> str:
    return " ".join(f"{word[0]}." for word in name.split())


def found(request: HttpRequest, parcels: QuerySet[Parcel], text: str) -> QuerySet[Parcel]:
    """Return the parcels with this number, external id, or whole names of a person, in either script."""
    text = text.strip()
    if not text:
        return parcels
    number = "".join(text.split()).upper()
    if codes.is_number(number):
        return parcels.filter(number=number)
    reader = reader_of(request)
    senders = {round_.sending_id for round_ in reader.rounds.values()}
    return parcels.filter(Q(organisation__in=senders, external_id=text) | _of_people(request, text))


def _of_people(request: HttpRequest, text: str) -> Q:
    """Only ends whose names this reader may read are searched, so that a hit tells nothing new."""
    reader = reader_of(request)
    if not reader.reads_names:
        return Q(pk__in=[])
    people = people_found(text)
    return Q(recipient__in=people) | Q(sender__in=people, round__in=reader.as_relation(Relation.SENDING))


def people_found(text: str) -> list[int]:
    if _REFERENCE.fullmatch(text):
        return list(Person.objects.filter(reference=text).values_list("pk", flat=True))
    people = people_named(text)
    return people if len(people) <= _MOST_NAMESAKES else []
