"""What was declared of a parcel, opened for those who may read it. Callers have asked `access` first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import F

from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, line_row
from parcels.models import Parcel
from people import vault
from people.access import withheld_fact
from people.models import Fact, Person, PersonKey


class People(NamedTuple):
    sender: dict[str, str | None]
    recipient: dict[str, str | None]


def declared_people(parcel: Parcel, *, as_declared: bool) -> People:
    """Return what the parcel's own office has on sender and addressee.

    :param as_declared: what was told first instead of what was told last: what an office learnt since is
        not for those who read only what is published
    """
    told = _facts(parcel, as_declared=as_declared)
    sender, recipient = told.get(parcel.sender_id, {}), told.get(parcel.recipient_id, {})
    contact = json.loads(sender.get(Fact.Kind.CONTACT.value, "{}"))
    return People(
        {
            **_identity(sender),
            "phone": contact.get("phone"),
            "email": contact.get("email"),
            "relationship": _relationship(parcel),
        },
        {**_identity(recipient), "service_number": recipient.get(Fact.Kind.SERVICE_NUMBER.value)},
    )


def _identity(told: Mapping[str, str]) -> dict[str, str | None]:
    return {"name": told.get(Fact.Kind.NAME.value), "born_on": told.get(Fact.Kind.BIRTH_DATE.value)}


def _facts(parcel: Parcel, *, as_declared: bool) -> dict[int, dict[str, str]]:
    """Return person → kind → text; one who was erased is left out."""
    rows = Fact.objects.filter(
        person__in=(parcel.sender_id, parcel.recipient_id),
        source=F("person__organisation"),
        person__key__isnull=False,
    )
    if as_declared:
        rows = rows.exclude(withheld_fact())
    rows = rows.order_by("-recorded_at" if as_declared else "recorded_at", "-pk" if as_declared else "pk")
    told: dict[int, dict[str, str]] = {}
    kept = rows.values_list("pk", "person", "person__key__wrapped", "kind", "sealed")
    for pk, person, wrapped, kind, sealed in kept:
        key = vault.unwrap(wrapped, row=person)
        told.setdefault(person, {})[kind] = vault.unseal(key, sealed, place=vault.FACT_PLACE, row=pk)
    return told


def _relationship(parcel: Parcel) -> str | None:
    key = _key(parcel.sender)
    if key is None or parcel.sealed_relationship is None:
        return None
    return vault.unseal(key, parcel.sealed_relationship, place=RELATIONSHIP_PLACE, row=parcel.pk)


def declared_items(parcel: Parcel, *, as_declared: bool) -> list[dict[str, Any]]:
    """Return the lines, or only those declared, without what became of them since."""
    key = _key(parcel.sender)
    lines = parcel.lines.order_by("number")
    return [
        {
            "line": line.number,
            "description": vault.unseal(
                key, line.sealed_description, place=LINE_PLACE, row=line_row(parcel.pk, line.number)
            )
            if key
            else None,
            "category": line.category,
            "quantity": line.quantity,
            "unit_mass_g": line.unit_mass_g,
            "removed": None if as_declared else line.removed,
            "fate": None if as_declared else line.fate,
        }
        for line in (lines.filter(described_at=1) if as_declared else lines)
    ]


def _key(person: Person) -> bytes | None:
    kept: PersonKey | None = getattr(person, "key", None)
    return None if kept is None else vault.unwrap(kept.wrapped, row=person.pk)
