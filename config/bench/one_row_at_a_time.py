# mypy: allow-subclassing-any
"""The usual way to import: a resource of django-import-export takes a row, makes its objects and saves them.

No preview, no diff, and everything in one transaction. What it writes is sealed and categorised like the
product's own. `TunedResource` saves the many objects of one row (lines, facts, keys, movements) by one
bulk_create for each table, as somebody would who has measured the other.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model
from import_export import fields, resources, widgets

from exchanges.models import Round
from parcels import codes, receipt_codes
from parcels.actions.register import content_hash
from parcels.assessment import categories
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, Declaration, DeclaredLine, line_row
from parcels.manifest.columns import MOST_LINES
from parcels.models import Line, Movement, Parcel, Publication
from people import bulk, names, vault
from people.actions import Telling
from people.models import Fact, NameKey, Person, PersonKey


class ManifestResource(resources.ModelResource):
    external_id = fields.Field("external_id", "external_id")
    declared_mass_g = fields.Field("declared_mass_g", "declared_mass_g", widgets.IntegerWidget())
    gross_mass_g = fields.Field("gross_mass_g", "gross_mass_g", widgets.IntegerWidget())

    class Meta:
        model = Parcel
        fields = ("external_id", "declared_mass_g", "gross_mass_g")
        import_id_fields = ("external_id",)
        use_transactions = True
        skip_diff = True

    def save_all(self, made: Iterable[Model]) -> None:
        for each in made:
            each.save(force_insert=True)  # what is sealed is bound to its number, which is known before

    def do_instance_save(self, instance: Parcel, is_create: bool) -> None:
        instance.save(force_insert=is_create)

    def before_save_instance(self, instance: Parcel, row: Mapping[str, str], **kwargs: Any) -> None:
        round_: Round = kwargs["round"]
        declared = _declaration(row)
        sender, key = self._person(declared.sender, round_)
        instance.sender, (instance.recipient, _) = sender, self._person(declared.recipient, round_)
        instance.round, instance.organisation_id = round_, round_.sending_id
        instance.number = codes.new_number()
        instance.pk = bulk.new_id(Parcel)
        instance.content_hash = content_hash(key, declared.canonical(round_.pk))
        if declared.relationship:
            instance.sealed_relationship = vault.seal(
                key, declared.relationship, place=RELATIONSHIP_PLACE, row=instance.pk
            )
        for name, value in receipt_codes.new()._asdict().items():
            setattr(instance, name, value)
        instance.status, instance.last_number = "registered", 1
        if declared.accepted_at:
            instance.status, instance.last_number = "accepted", 2
            instance.holder_id = round_.sending_id
        instance.status_since = kwargs["now"]
        # Kept for the rows that hang on this one, which are written after it.
        instance.declared, instance.sender_key = declared, key  # type: ignore[attr-defined]

    def after_save_instance(self, instance: Any, row: Mapping[str, str], **kwargs: Any) -> None:
        declared: Declaration = instance.declared
        self.save_all(
            _line(instance, number, line, instance.sender_key)
            for number, line in enumerate(declared.lines, 1)
        )
        movements = [_movement(instance, declared, kwargs["now"])]
        if declared.accepted_at:
            place = declared.accepted_place or kwargs["round"].collection_point
            movements.append(_acceptance(instance, declared.accepted_at, place, kwargs["now"]))
        self.save_all(movements)
        self.save_all(
            Publication(parcel=instance, number=each.number, public_from=kwargs["now"]) for each in movements
        )

    def _person(self, telling: Telling, round_: Round) -> tuple[Person, bytes]:
        """Find the person by identity, or record them; return them with their key."""
        name_keys = names.search_keys(telling.name)
        keys = [vault.search_key(key) for key in name_keys]
        if identity := telling.identity(name_keys):
            keys.append(vault.search_key(identity))
            found = (
                Person.objects.filter(name_keys__key=keys[-1], organisation=round_.sending_id)
                .select_related("key")
                .first()
            )
            if found:
                return found, vault.unwrap(found.key.wrapped, row=found.pk)
        person = Person.objects.create(kind=telling.kind, organisation_id=round_.sending_id)
        pair = vault.new_key(person.pk)
        PersonKey.objects.create(person=person, wrapped=pair.wrapped, kek_version=pair.kek_version)
        told = _facts(telling)
        self.save_all(
            Fact(
                pk=pk,
                person=person,
                kind=kind,
                sealed=vault.seal(pair.plain, text, place=vault.FACT_PLACE, row=pk),
                source_id=round_.sending_id,
            )
            for pk, (kind, text) in zip(bulk.new_ids(Fact, len(told)), told, strict=True)
        )
        self.save_all(NameKey(person=person, key=key) for key in keys)
        return person, pair.plain

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Leave out what it would do: set the sequences, which our roles may not do and nothing needs."""


class TunedResource(ManifestResource):
    def save_all(self, made: Iterable[Model]) -> None:
        if objects := list(made):
            type(objects[0])._default_manager.bulk_create(objects)


def _declaration(row: Mapping[str, str]) -> Declaration:
    contact = {
        "phone": _phone(row["sender_phone"]),
        "email": row["sender_email"],
        "contact_by": row["contact_by"],
    }
    return Declaration(
        external_id=row["external_id"],
        sender=Telling(
            "sender", row["sender_name"], contact={name: text for name, text in contact.items() if text}
        ),
        recipient=Telling(
            "prisoner",
            row["prisoner_name"],
            row["prisoner_birth_date"] or None,
            row["prisoner_service_number"] or None,
        ),
        lines=tuple(_items(row)),
        relationship=row["relationship"] or None,
        declared_mass_g=_number(row["declared_mass_g"]),
        gross_mass_g=_number(row["gross_mass_g"]),
        accepted_at=datetime.fromisoformat(row["accepted_at"]) if row["accepted_at"] else None,
        accepted_place=row["accepted_place"] or None,
    )


def _phone(text: str) -> str:
    digits = "".join(filter(str.isdigit, text)).removeprefix("00")
    return f"+{digits}" if digits else ""


def _items(row: Mapping[str, str]) -> list[DeclaredLine]:
    return [
        DeclaredLine(
            row[f"item_{number}_description"],
            int(row[f"item_{number}_quantity"]),
            int(row[f"item_{number}_unit_mass_g"]),
        )
        for number in range(1, MOST_LINES + 1)
        if row[f"item_{number}_description"]
    ]


def _number(text: str) -> int | None:
    return int(text) if text else None


def _facts(telling: Telling) -> list[tuple[str, str]]:
    contact = json.dumps(telling.contact, ensure_ascii=False) if telling.contact else None
    told = {
        Fact.Kind.NAME: telling.name,
        Fact.Kind.BIRTH_DATE: telling.birth_date,
        Fact.Kind.SERVICE_NUMBER: telling.service_number,
        Fact.Kind.CONTACT: contact,
    }
    return [(kind.value, text) for kind, text in told.items() if text]


def _line(parcel: Parcel, number: int, line: DeclaredLine, key: bytes) -> Line:
    category, also, exact = categories(line)
    return Line(
        parcel=parcel,
        number=number,
        sealed_description=vault.seal(
            key, line.description, place=LINE_PLACE, row=line_row(parcel.pk, number)
        ),
        category=category,
        also=also,
        exact=exact,
        quantity=line.quantity,
        unit_mass_g=line.unit_mass_g,
    )


def _movement(parcel: Parcel, declared: Declaration, now: datetime) -> Movement:
    return Movement(
        parcel=parcel,
        number=1,
        move="register",
        status="registered",
        happened_at=min(declared.accepted_at or now, now),
        recorded_at=now,
        organisation_id=parcel.organisation_id,
        actor="worker",
        details={"declaration": len(declared.lines)},
    )


def _acceptance(parcel: Parcel, accepted_at: datetime, place: str, now: datetime) -> Movement:
    return Movement(
        parcel=parcel,
        number=2,
        from_status="registered",
        move="accept",
        status="accepted",
        happened_at=accepted_at,
        recorded_at=now,
        organisation_id=parcel.organisation_id,
        actor="worker",
        details={"gross_mass_g": parcel.gross_mass_g, "place": place},
    )
