"""People on record, for the tests of matching."""

from collections.abc import Collection

from django.db import transaction

from people import matching
from people.actions import Telling, record_people
from people.models import Organisation, Person
from tests.factories import NOON


def recorded(office: Organisation, name: str, born: str | None = None, number: str | None = None) -> Person:
    """Record one more, even if they are known: another mark makes another record."""
    mark = str(Person.objects.count())
    with transaction.atomic():
        (known,) = record_people(
            [Telling("prisoner", name, born, number, external_id=mark)], organisation_id=office.pk, now=NOON
        )
    return Person.objects.get(pk=known.id)


def nobody(asked: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    return set()


def everybody(asked: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    return set(asked)


def match(*people: Person, shown: matching.Shown = nobody) -> None:
    with transaction.atomic():
        matching.match_people([person.pk for person in people], shown=shown, now=NOON)
