"""Recording people: facts with their source, sealed under each person's own key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from people import bulk, names, vault
from people.models import Fact, NameKey, Person, PersonKey, new_reference


class Telling(NamedTuple):
    """What an office was told of one person. `birth_date` is EDTF: YYYY, YYYY-MM or YYYY-MM-DD."""

    kind: str
    name: str
    birth_date: str | None = None
    service_number: str | None = None
    contact: Mapping[str, str] | None = None
    external_id: str | None = None
    """Under which the one who tells keeps this person."""

    @property
    def identity(self) -> str | None:
        """Return what makes two tellings one person beyond doubt, or None where a name stands alone.

        A name alone joins nobody: namesakes are common, and a wrong join sends a parcel to a stranger.
        """
        contact = self.contact or {}
        contacts = (contact.get("phone"), contact.get("email"))
        marks = (self.birth_date, self.service_number, *contacts, self.external_id)
        if not any(marks):
            return None
        folded = " ".join(sorted(names.search_keys(self.name)))
        return "\x1f".join([self.kind, folded, *(mark or "" for mark in marks)])


class Known(NamedTuple):
    """A person's row and their key, plain, for sealing what belongs to them."""

    id: int
    key: bytes


def record_people(tellings: Sequence[Telling], *, organisation_id: int, now: datetime) -> list[Known]:
    """Return one person for each telling, in order, recording those not yet known.

    Call it in a transaction. Two tellings of one identity are one person, within the office only.
    """
    identities = [vault.search_key(telling.identity) if telling.identity else None for telling in tellings]
    known = _find({identity for identity in identities if identity}, organisation_id)
    answer: list[Known] = []
    fresh: list[tuple[Telling, bytes | None, bytes]] = []
    keys: list[vault.PersonKeyPair] = []
    unnumbered: list[int] = []  # places in `answer` that wait for an id
    for telling, identity in zip(tellings, identities, strict=True):
        if identity and identity in known:
            answer.append(known[identity])
            continue
        pair = vault.new_key()
        person = Known(-len(keys) - 1, pair.plain)
        keys.append(pair)
        fresh.append((telling, identity, pair.plain))
        unnumbered.append(len(answer))
        answer.append(person)
        if identity:
            known[identity] = person
    ids = _insert(fresh, keys, organisation_id, now) if fresh else []
    return [Known(ids[-person.id - 1], person.key) if person.id < 0 else person for person in answer]


def _find(identities: set[bytes], organisation_id: int) -> dict[bytes, Known]:
    if not identities:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (n.key) n.key, p.id, k.wrapped FROM people_namekey n"
            " JOIN people_person p ON p.id = n.person_id JOIN people_personkey k ON k.person_id = p.id"
            " WHERE n.key = ANY(%s) AND p.organisation_id = %s ORDER BY n.key, p.id",
            [list(identities), organisation_id],
        )
        return {bytes(key): Known(pk, vault.unwrap(wrapped)) for key, pk, wrapped in cursor.fetchall()}


def _insert(
    fresh: list[tuple[Telling, bytes | None, bytes]],
    keys: list[vault.PersonKeyPair],
    organisation_id: int,
    now: datetime,
) -> list[int]:
    ids = bulk.new_ids(Person, len(fresh))
    bulk.insert(
        Person,
        ("id", "reference", "kind", "organisation_id", "recorded_at"),
        (
            (pk, new_reference(), telling.kind, organisation_id, now)
            for pk, (telling, _, _) in zip(ids, fresh, strict=True)
        ),
    )
    bulk.insert(
        PersonKey,
        ("person_id", "wrapped", "kek_version"),
        ((pk, pair.wrapped, 1) for pk, pair in zip(ids, keys, strict=True)),
    )
    bulk.insert(
        Fact,
        ("person_id", "kind", "sealed", "source_id", "recorded_at"),
        (
            (pk, kind, vault.seal(key, value, place=vault.FACT_PLACE), organisation_id, now)
            for pk, (telling, _, key) in zip(ids, fresh, strict=True)
            for kind, value in _facts(telling)
        ),
    )
    bulk.insert(
        NameKey,
        ("person_id", "key"),
        (
            (pk, name_key)
            for pk, (telling, identity, _) in zip(ids, fresh, strict=True)
            for name_key in _name_keys(telling, identity)
        ),
    )
    return ids


def _facts(telling: Telling) -> Iterable[tuple[str, str]]:
    yield Fact.Kind.NAME.value, telling.name
    if telling.birth_date:
        yield Fact.Kind.BIRTH_DATE.value, telling.birth_date
    if telling.service_number:
        yield Fact.Kind.SERVICE_NUMBER.value, telling.service_number
    if telling.external_id:
        yield Fact.Kind.EXTERNAL_ID.value, telling.external_id
    if telling.contact:
        yield Fact.Kind.CONTACT.value, json.dumps(telling.contact, ensure_ascii=False)


def _name_keys(telling: Telling, identity: bytes | None) -> Iterable[bytes]:
    yield from (vault.search_key(key) for key in names.search_keys(telling.name))
    if identity:
        yield identity
