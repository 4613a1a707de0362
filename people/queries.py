"""Questions about people that open what is sealed. Callers have asked people.access first."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db.models import F, Q

from people import names, vault
from people.models import Fact, Person, PersonKey, SituationEvent
from people.standing import Standing, Word, standing
from people.vault import FACT_PLACE


def key_of(person_id: int) -> bytes:
    """:raises PersonKey.DoesNotExist: once the person was erased."""
    return vault.unwrap(PersonKey.objects.get(pk=person_id).wrapped, row=person_id)


def keys_of(person_ids: Iterable[int]) -> dict[int, bytes]:
    """Return each person's key; one who was erased is left out."""
    kept = PersonKey.objects.filter(pk__in=set(person_ids)).values_list("pk", "wrapped")
    return {person: vault.unwrap(wrapped, row=person) for person, wrapped in kept}


def names_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the name of each person as their office writes it; one who was erased is left out.

    Another source's newer spelling stands beside it and takes its place nowhere.
    """
    facts = (
        Fact.objects.filter(person__in=set(person_ids), kind=Fact.Kind.NAME)
        .alias(is_own=Q(source=F("person__organisation")))
        .order_by("person", "-is_own", "-recorded_at", "-pk")
        .distinct("person")
        .values_list("person", "person__key__wrapped", "sealed", "pk")
    )
    return {
        person: vault.unseal(vault.unwrap(wrapped, row=person), sealed, place=FACT_PLACE, row=fact)
        for person, wrapped, sealed, fact in facts
        if wrapped is not None
    }


def facts_of(person: Person) -> list[tuple[Fact, str]]:
    """Return every fact with its text, newest first."""
    key = key_of(person.pk)
    return [
        (fact, vault.unseal(key, fact.sealed, place=FACT_PLACE, row=fact.pk))
        for fact in person.facts.select_related("source").order_by("-recorded_at", "-pk")
    ]


def contact_of(person: Person) -> dict[str, str]:
    texts = [text for fact, text in facts_of(person) if fact.kind == Fact.Kind.CONTACT]
    contact: dict[str, str] = json.loads(texts[0]) if texts else {}
    return contact


def people_named(whole_name: str) -> list[int]:
    """Return the ids of those whose name has every word of `whole_name`, in any script."""
    words = names.query_keys(whole_name)
    if not words:
        return []
    found = Person.objects.all()
    for spellings in words:  # each word joins anew: a person must have every one of them
        found = found.filter(
            name_keys__key__in=[key for each in spellings for key in vault.search_keys(each)]
        )
    return list(found.distinct().values_list("pk", flat=True))


def standing_of(person_ids: Iterable[int]) -> dict[int, Standing]:
    """Return what the events of each person say now, in one query; those without an event are left out."""
    rows = SituationEvent.objects.filter(person__in=set(person_ids)).values_list(
        "person", "pk", "situation", "happened_on", "stated_by"
    )
    words: dict[int, list[Word]] = {}
    for person, pk, situation, happened_on, stated_by in rows:
        words.setdefault(person, []).append(Word(pk, situation, happened_on, stated_by))
    return {person: standing(told) for person, told in words.items()}
