"""Recording people: facts with their source, sealed under each person's own key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.conf import settings
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

    @classmethod
    def from_facts(cls, kind: str, told: Mapping[str, str]) -> Telling:
        """Return the telling of which `told` was kept, by the kind of each fact."""
        contact = told.get(Fact.Kind.CONTACT.value)
        return cls(
            kind,
            told[Fact.Kind.NAME.value],
            told.get(Fact.Kind.BIRTH_DATE.value),
            told.get(Fact.Kind.SERVICE_NUMBER.value),
            json.loads(contact) if contact else None,
            told.get(Fact.Kind.EXTERNAL_ID.value),
            told.get(Fact.Kind.NAME_LATIN.value),
        )

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
    older: tuple[bytes, ...]
    """Under which the same identity was filed before the search key was rotated."""
    version: int


class _Fresh(NamedTuple):
    """One who is not on record yet, with the key that was made for them."""

    id: int
    told: Told
    key: vault.KeyPair
    facts: list[tuple[str, str]]

    @property
    def known(self) -> Known:
        return Known(self.id, self.key.plain)


def hear(telling: Telling) -> Told:
    keys = names.search_keys(telling.name)
    text = telling.identity(keys)
    spelled = keys | names.search_keys(telling.name_latin) if telling.name_latin else keys
    version, *others = settings.KEYS.live("search")
    *found_by, identity = vault.search_hashes([*spelled, text or ""], version)
    older = tuple(vault.search_key(text, other) for other in others) if text else ()
    return Told(telling, found_by, identity if text else None, older, version)


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
    known = _find(told, organisation_id)
    strangers = _strangers(told, known)
    ids = bulk.new_ids(Person, len(strangers))
    facts = [list(_facts(told[place].telling)) for place in strangers]
    fact_ids = bulk.new_ids(Fact, sum(map(len, facts)))
    # Of what was inserted before nothing more is asked: its keys can be checked while new rows are made.
    writer.whole()
    fresh = {
        place: _Fresh(pk, told[place], vault.new_key(pk), kept)
        for place, pk, kept in zip(strangers, ids, facts, strict=True)
    }
    _insert(fresh.values(), iter(fact_ids), organisation_id, now, writer)
    known |= {each.told.identity: each.known for each in fresh.values() if each.told.identity}
    return [
        fresh[place].known if place in fresh else known[each.identity or b""]
        for place, each in enumerate(told)
    ]


def _strangers(told: Sequence[Told], known: Mapping[bytes, Known]) -> list[int]:
    """Return the places of those who are not on record and are told of for the first time."""
    seen = set(known)
    places = []
    for place, each in enumerate(told):
        if each.identity not in seen:
            places.append(place)
            if each.identity:
                seen.add(each.identity)
    return places


# Keys first: in the midst of an import the planner knows nothing of what is new, and would begin with
# everybody the office has on record, for each share anew.
_KNOWN: Final = """
WITH found AS MATERIALIZED (SELECT key, person_id FROM people_namekey WHERE key = ANY(%s))
SELECT DISTINCT ON (found.key) found.key, p.id, k.wrapped
  FROM found JOIN people_person p ON p.id = found.person_id JOIN people_personkey k ON k.person_id = p.id
 WHERE p.organisation_id = %s
 ORDER BY found.key, p.id
"""


def _find(told: Sequence[Told], organisation_id: int) -> dict[bytes, Known]:
    """Return who is on record, by the identity in use now, whichever version they are filed under."""
    identities = {
        key: each.identity for each in told if each.identity for key in (each.identity, *each.older)
    }
    if not identities:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(identities), organisation_id])
        rows = sorted(cursor.fetchall(), key=lambda row: row[1], reverse=True)
    return {identities[bytes(key)]: Known(pk, vault.unwrap(wrapped, row=pk)) for key, pk, wrapped in rows}


def _insert(
    fresh: Collection[_Fresh],
    fact_ids: Iterator[int],
    organisation_id: int,
    now: datetime,
    writer: bulk.Writer,
) -> None:
    writer.insert(
        Person,
        ("id", "reference", "kind", "organisation_id", "recorded_at", "search_version"),
        (
            (each.id, new_reference(), each.told.telling.kind, organisation_id, now, each.told.version)
            for each in fresh
        ),
    )
    writer.insert(
        PersonKey,
        ("person_id", "wrapped", "kek_version"),
        ((each.id, each.key.wrapped, each.key.kek_version) for each in fresh),
    )
    writer.insert(
        Fact,
        ("id", "person_id", "kind", "sealed", "source_id", "recorded_at"),
        (
            (pk, each.id, kind, _sealed(each, value, pk), organisation_id, now)
            for each in fresh
            for (kind, value), pk in zip(each.facts, fact_ids, strict=False)
        ),
    )
    writer.insert(
        NameKey,
        ("person_id", "key"),
        ((each.id, key) for each in fresh for key in _found_by(each.told)),
    )


def _sealed(person: _Fresh, text: str, fact_id: int) -> bytes:
    return vault.seal(person.key.plain, text, place=vault.FACT_PLACE, row=fact_id)


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
