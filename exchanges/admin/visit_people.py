"""Finding those who are named on a visit, among the people a member of staff may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from people.desk import audit, staff_of
from people.models import Fact, Person
from people.queries import facts_of, names_of

MOST_LINES: Final = 60
_MOST_FOUND: Final = 5


class Candidate(NamedTuple):
    person: Person
    name: str
    born: str
    """Told only to choose between several."""


class Line(NamedTuple):
    text: str
    found: list[Candidate]
    several: bool


def seen_people(request: HttpRequest, kind: str) -> QuerySet[Person]:
    """Return the people whom the list of people shows to this member of staff."""
    seen: QuerySet[Person] = _desk().get_queryset(request).filter(kind=kind)
    return seen


def by_references(request: HttpRequest, references: Collection[str], kind: str) -> dict[str, Person]:
    return {each.reference: each for each in seen_people(request, kind).filter(reference__in=references)}


def find(request: HttpRequest, text: str, kind: str) -> list[Line]:
    """Return who may be meant by each line; that they were looked up is recorded."""
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[:MOST_LINES]
    seen = seen_people(request, kind)
    found = [(line, _search(request, seen, line)) for line in lines]
    people = [person for _, several in found for person in several]
    names = names_of(person.pk for person in people)
    audit(staff_of(request), "find_for_visit", "person", sorted({person.pk for person in people}))
    return [Line(line, list(_candidates(several, names)), len(several) > 1) for line, several in found]


def _search(request: HttpRequest, seen: QuerySet[Person], line: str) -> list[Person]:
    rows, _ = _desk().get_search_results(request, seen, line)
    return list(rows.select_related("organisation").order_by("pk")[:_MOST_FOUND])


def _candidates(people: Collection[Person], names: dict[int, str]) -> Iterable[Candidate]:
    for person in people:
        if person.pk in names:
            yield Candidate(person, names[person.pk], _born(person) if len(people) > 1 else "")


def _born(person: Person) -> str:
    return next((text for fact, text in facts_of(person) if fact.kind == Fact.Kind.BIRTH_DATE), "")


def _desk() -> Any:
    """Return the page of people: whose it is to say who sees whom."""
    return admin.site.get_model_admin(Person)
