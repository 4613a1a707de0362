"""Registering parcels: one from a counter or two thousand from a manifest, by the same few statements."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from exchanges import terms
from exchanges.models import Round
from parcels import codes
from parcels.actions.advance import advance
from parcels.actions.holding import today
from parcels.actions.steps import Refused, Step
from parcels.assessment import categories
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, Declaration
from parcels.models import Line, Movement, Parcel, Publication
from people import bulk, vault
from people.actions import Known, record_people
from people.actors import Actor, announce

SEED_BYTES = 16


class Registered(NamedTuple):
    """What became of a declaration: created, unchanged (the same was sent before) or rejected."""

    result: str
    external_id: str | None
    number: str | None = None
    problem: str | None = None


def check_round(round_: Round, *, by: Actor, now: datetime) -> None:
    """:raises Refused: not-permitted, or not-now where the round does not collect or the agreement rests."""
    if by.kind in ("staff", "client") and (
        by.organisation_id != round_.sending_id or (by.kind == "staff" and "registrar" not in by.roles)
    ):
        raise Refused("not-permitted")
    # The worker registers nothing of its own; an import lends it the registrar's right.
    if by.kind == "worker" and "registrar" not in by.roles:
        raise Refused("not-permitted")
    if round_.status != Round.Status.COLLECTING:
        raise Refused("not-now", "The round is not collecting.")
    if not terms.in_force(round_.agreement, today(round_, now)):
        raise Refused("not-now", "The agreement is not in force.")


def register(
    declarations: Sequence[Declaration], *, round_: Round, by: Actor, now: datetime
) -> list[Registered]:
    """Register the declarations, in order, and accept those that came in weighed. Repeats change nothing.

    :raises Refused: if nothing may be registered in this round now.
    """
    check_round(round_, by=by, now=now)
    try:
        return _register(declarations, round_, by, now)
    except IntegrityError as error:
        if "parcel_external_id_once" not in str(error):
            raise
        # The same external id was registered at the same moment: now it is seen to be a repeat, or a change.
        return _register(declarations, round_, by, now)


def _register(
    declarations: Sequence[Declaration], round_: Round, by: Actor, now: datetime
) -> list[Registered]:
    with transaction.atomic():
        announce(by)
        hashes = [content_hash(each, round_) for each in declarations]
        known = registered_before([each.external_id for each in declarations], by)
        fresh: dict[int, tuple[Declaration, bytes]] = {}
        for place, (each, content) in enumerate(zip(declarations, hashes, strict=True)):
            if each.external_id is None or each.external_id not in known:
                fresh[place] = each, content
                if each.external_id is not None:
                    known[each.external_id] = "", content
        numbers = dict(zip(fresh, _create(list(fresh.values()), round_, by, now), strict=True))
        for place, number in numbers.items():
            if (external_id := declarations[place].external_id) is not None:
                known[external_id] = number, hashes[place]
        _accept([(declarations[place], number) for place, number in numbers.items()], round_, by, now)
        return [
            Registered("created", each.external_id, numbers[place])
            if place in numbers
            else repeated(each.external_id or "", hashes[place], *known[each.external_id or ""])
            for place, each in enumerate(declarations)
        ]


def content_hash(declaration: Declaration, round_: Round) -> bytes:
    """Return the keyed hash that tells a repeat from a change, 16 bytes."""
    return vault.search_key(declaration.canonical(round_.pk))


def registered_before(external_ids: Sequence[str | None], by: Actor) -> dict[str, tuple[str, bytes]]:
    """Return number and content hash of those that `by`'s organisation has registered."""
    wanted = [each for each in external_ids if each is not None]
    if not wanted:
        return {}
    rows = Parcel.objects.filter(organisation_id=by.organisation_id, external_id__in=wanted)
    return {
        external_id: (number, bytes(content))
        for external_id, number, content in rows.values_list("external_id", "number", "content_hash")
        if external_id is not None
    }


def repeated(external_id: str, content: bytes, number: str, before: bytes) -> Registered:
    """Return what a declaration is whose external id came before: the same again, or a change refused."""
    if content == before:
        return Registered("unchanged", external_id, number)
    return Registered("rejected", external_id, None, "external-id-reused")


def _create(fresh: Sequence[tuple[Declaration, bytes]], round_: Round, by: Actor, now: datetime) -> list[str]:
    if not fresh:
        return []
    people = record_people(
        [telling for each, _ in fresh for telling in (each.sender, each.recipient)],
        organisation_id=by.organisation_id,
        now=now,
    )
    senders, recipients = people[::2], people[1::2]
    ids, numbers = bulk.new_ids(Parcel, len(fresh)), _new_numbers(len(fresh))
    bulk.insert(
        Parcel,
        (
            "id", "number", "round_id", "organisation_id", "sender_id", "recipient_id", "sealed_relationship",
            "external_id", "content_hash", "status", "last_number", "status_since", "declared_mass_g",
            "seed", "code_key_version", "code_hash", "frozen", "flagged",
        ),
        (
            (
                pk, number, round_.pk, by.organisation_id, sender.id, recipient.id,
                _relationship(each, sender), each.external_id, content, "registered", 1, now,
                each.declared_mass_g, *_code(), False, False,
            )
            for pk, number, sender, recipient, (each, content) in zip(
                ids, numbers, senders, recipients, fresh, strict=True
            )
        ),
    )  # fmt: skip
    bulk.insert(
        Movement,
        (
            "parcel_id", "number", "move", "status", "happened_at", "recorded_at", "organisation_id",
            "actor", "staff_id", "client_id", "details",
        ),
        (
            (
                pk, 1, "register", "registered", min(each.accepted_at or now, now), now, by.organisation_id,
                by.kind, by.staff_id, by.client_id, json.dumps({"declaration": len(each.lines)}),
            )
            for pk, (each, _) in zip(ids, fresh, strict=True)
        ),
    )  # fmt: skip
    bulk.insert(Publication, ("parcel_id", "number", "public_from"), ((pk, 1, now) for pk in ids))
    bulk.insert(
        Line,
        (
            "parcel_id", "number", "sealed_description", "category", "also", "exact", "quantity",
            "unit_mass_g", "removed", "fate",
        ),
        _lines(ids, senders, fresh),
    )  # fmt: skip
    return numbers


def _relationship(declaration: Declaration, sender: Known) -> bytes | None:
    if not declaration.relationship:
        return None
    return vault.seal(sender.key, declaration.relationship, place=RELATIONSHIP_PLACE)


def _code() -> tuple[bytes, int, bytes]:
    seed = secrets.token_bytes(SEED_BYTES)
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), seed)
    return seed, 1, codes.lookup_hash(bytes.fromhex(settings.KEYS.lookup), code)


def _lines(
    ids: Sequence[int], senders: Sequence[Known], fresh: Sequence[tuple[Declaration, bytes]]
) -> Iterable[tuple[object, ...]]:
    for pk, sender, (each, _) in zip(ids, senders, fresh, strict=True):
        for number, line in enumerate(each.lines, 1):
            sealed = vault.seal(sender.key, line.description, place=LINE_PLACE)
            category, also, exact = categories(line)
            yield (
                pk, number, sealed, category, also, exact, line.quantity, line.unit_mass_g, 0, "kept",
            )  # fmt: skip


def _accept(created: Sequence[tuple[Declaration, str]], round_: Round, by: Actor, now: datetime) -> None:
    steps = [
        Step(
            number,
            "accept",
            each.accepted_at,
            details={
                "gross_mass_g": each.gross_mass_g,
                "place": each.accepted_place or round_.collection_point,
            },
        )
        for each, number in created
        if each.accepted_at is not None and each.gross_mass_g is not None
    ]
    if not steps:
        return
    for result in advance(steps, by=by, now=now):
        if result.problem:
            raise Refused(result.problem, result.detail)


def _new_numbers(count: int) -> list[str]:
    """Return numbers nobody has: drawn at random, so that one tells nothing of another."""
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        drawn = {codes.new_number() for _ in range(count - len(numbers))}
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM parcels_parcel WHERE number = ANY(%s)", [list(drawn)])
            taken = {number for (number,) in cursor.fetchall()}
        numbers.update(dict.fromkeys(drawn - taken))
    return list(numbers)
