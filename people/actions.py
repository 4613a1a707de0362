"""Recording people: facts with their source, sealed under each person's own key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from people import bulk, dates, names, vault
from people.models import Fact, NameKey, Person, PersonKey, new_reference


class Telling(NamedTuple):
    """What an office was told of one person. `birth_date` is EDTF, see `people.dates`."""

    kind: str
    name: str
    birth_date: str | None = None
    service_number: str | None = None
    contact: Mapping[str, str] | None = None
    external_id: str | None = None
    """Under which the one who tells keeps this person."""
    name_latin: str | None = None

    def identity(self, name_keys: Iterable[str]) -> str | None:
        """Return what makes two tellings one person beyond doubt, or None where a name stands alone.

        A name alone joins nobody: namesakes are common, and a wrong join sends a parcel to a stranger.
        """
        contact = self.contact or {}
        contacts = (contact.get("phone"), contact.get("email"))
        born = None if self.birth_date == dates.UNKNOWN else self.birth_date
        marks = (born, self.service_number, *contacts, self.external_id)
        if not any(marks):
            return None
        return "\x1f".join([self.kind, " ".join(sorted(name_keys)), *(mark or "" for mark in marks)])


class Known(NamedTuple):
    """A person's row and their key, plain, for sealing what belongs to them."""

    id: int
    key: bytes


class Told(NamedTuple):
    """A telling with the keyed hashes under which its person is found: made without the database."""

    telling: Telling
    names: list[bytes]
    identity: bytes | None


class _Fresh(NamedTuple):
    """One who is not on record yet, with the key that was made for them."""

    told: Told
    key: vault.PersonKeyPair


def hear(telling: Telling) -> Told:
    keys = names.search_keys(telling.name)
    text = telling.identity(keys)
    spelled = keys | names.search_keys(telling.name_latin) if telling.name_latin else keys
    return Told(telling, [vault.search_key(key) for key in spelled], vault.search_key(text) if text else None)


def record_people(tellings: Sequence[Telling], *, organisation_id: int, now: datetime) -> list[Known]:
    """Return one person for each telling, in order, recording those not yet known.

    Call it in a transaction. Two tellings of one identity are one person, within the office only.
    """
    return record(
        [hear(telling) for telling in tellings],
        organisation_id=organisation_id,
        now=now,
        writer=bulk.Writer(),
    )


def record(told: Sequence[Told], *, organisation_id: int, now: datetime, writer: bulk.Writer) -> list[Known]:
    """Do as `record_people`. It asks the database all it needs before it gives the writer the first row."""
    known = _find({each.identity for each in told if each.identity}, organisation_id)
    answer: list[Known] = []
    fresh: list[_Fresh] = []
    for each in told:
        if each.identity and each.identity in known:
            answer.append(known[each.identity])
            continue
        fresh.append(_Fresh(each, vault.new_key()))
        person = Known(-len(fresh), fresh[-1].key.plain)  # below zero: waits for its id
        answer.append(person)
        if each.identity:
            known[each.identity] = person
    ids = _insert(fresh, organisation_id, now, writer) if fresh else []
    return [Known(ids[-person.id - 1], person.key) if person.id < 0 else person for person in answer]


# Keys first: in the midst of an import the planner knows nothing of what is new, and would begin with
# everybody the office has on record, for each share anew.
_KNOWN: Final = """
WITH found AS MATERIALIZED (SELECT key, person_id FROM people_namekey WHERE key = ANY(%s))
SELECT DISTINCT ON (found.key) found.key, p.id, k.wrapped
  FROM found JOIN people_person p ON p.id = found.person_id JOIN people_personkey k ON k.person_id = p.id
 WHERE p.organisation_id = %s
 ORDER BY found.key, p.id
"""


def _find(identities: set[bytes], organisation_id: int) -> dict[bytes, Known]:
    if not identities:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(identities), organisation_id])
        return {bytes(key): Known(pk, vault.unwrap(wrapped)) for key, pk, wrapped in cursor.fetchall()}


def _insert(fresh: list[_Fresh], organisation_id: int, now: datetime, writer: bulk.Writer) -> list[int]:
    ids = bulk.new_ids(Person, len(fresh))
    # Of what was inserted before nothing more is asked: its keys can be checked while these rows are made.
    writer.whole()
    numbered = list(zip(ids, fresh, strict=True))
    writer.insert(
        Person,
        ("id", "reference", "kind", "organisation_id", "recorded_at"),
        ((pk, new_reference(), each.told.telling.kind, organisation_id, now) for pk, each in numbered),
    )
    writer.insert(
        PersonKey,
        ("person_id", "wrapped", "kek_version"),
        ((pk, each.key.wrapped, 1) for pk, each in numbered),
    )
    writer.insert(
        Fact,
        ("person_id", "kind", "sealed", "source_id", "recorded_at"),
        (
            (pk, kind, vault.seal(each.key.plain, value, place=vault.FACT_PLACE), organisation_id, now)
            for pk, each in numbered
            for kind, value in _facts(each.told.telling)
        ),
    )
    writer.insert(
        NameKey,
        ("person_id", "key"),
        ((pk, key) for pk, each in numbered for key in _found_by(each.told)),
    )
    return ids


def _found_by(told: Told) -> list[bytes]:
    return [*told.names, told.identity] if told.identity else told.names


def _facts(telling: Telling) -> Iterable[tuple[str, str]]:
    yield Fact.Kind.NAME.value, telling.name
    if telling.name_latin:
        yield Fact.Kind.NAME_LATIN.value, telling.name_latin
    if telling.birth_date:
        yield Fact.Kind.BIRTH_DATE.value, telling.birth_date
    if telling.service_number:
        yield Fact.Kind.SERVICE_NUMBER.value, telling.service_number
    if telling.external_id:
        yield Fact.Kind.EXTERNAL_ID.value, telling.external_id
    if telling.contact:
        yield Fact.Kind.CONTACT.value, json.dumps(telling.contact, ensure_ascii=False)
