"""Registering parcels: one from a counter or two thousand from a manifest, by the same few statements."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from exchanges import terms
from exchanges.models import Round
from parcels import codes
from parcels.actions.advance import decide
from parcels.actions.holding import Held, newborn, today
from parcels.actions.steps import Refused, Step
from parcels.actions.writing import Made
from parcels.assessment import categories
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, Declaration
from parcels.models import Line, Movement, Parcel, Publication
from people import bulk, vault
from people.actions import Known, Told, hear, record
from people.actors import Actor, announce

SEED_BYTES = 16
T = TypeVar("T")


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

    What was registered before is answered also when the round has closed: a partner may ask late.

    :raises Refused: if nothing may be registered in this round now.
    """
    try:
        check_round(round_, by=by, now=now)
    except Refused as refused:
        answers = _answers_again(declarations, round_, by) if refused.problem == "not-now" else []
        if not answers:
            raise
        return answers

    def do() -> list[Registered]:
        with transaction.atomic():
            announce(by)
            return take_in(declarations, round_=round_, by=by, now=now, writer=bulk.Writer())

    return once_more_if_another_was_first(do)


def _answers_again(declarations: Sequence[Declaration], round_: Round, by: Actor) -> list[Registered]:
    """Return what became of the declarations before; nothing where one of them is new."""
    before = registered_before([each.external_id for each in declarations], by)
    if any(each.external_id not in before for each in declarations):
        return []
    return [
        repeated(each.external_id or "", content_hash(each, round_), *before[each.external_id or ""])
        for each in declarations
    ]


def once_more_if_another_was_first(do: Callable[[], T]) -> T:
    """Do it again where the same external id was registered at the same moment.

    Now it is seen to be a repeat, or a change.
    """
    try:
        return do()
    except IntegrityError as error:
        if "parcel_external_id_once" not in str(error):
            raise
        return do()


def take_in(
    declarations: Sequence[Declaration], *, round_: Round, by: Actor, now: datetime, writer: bulk.Writer
) -> list[Registered]:
    """Do as `register`, in the caller's transaction: the round was checked, and `by` announced.

    What needs no database comes first: the writer may still be at work on what was taken in before.
    """
    told = [_hear(each, round_) for each in declarations]
    writer.wait()
    known = registered_before([each.external_id for each in declarations], by)
    fresh: dict[int, _Told] = {}
    for place, each in enumerate(told):
        external_id = each.declaration.external_id
        if external_id is None or external_id not in known:
            fresh[place] = each
            if external_id is not None:
                known[external_id] = "", each.content
    numbers = dict(zip(fresh, _create(list(fresh.values()), round_, by, now, writer), strict=True))
    for place, number in numbers.items():
        if (external_id := declarations[place].external_id) is not None:
            known[external_id] = number, told[place].content
    return [
        Registered("created", each.external_id, numbers[place])
        if place in numbers
        else repeated(each.external_id or "", told[place].content, *known[each.external_id or ""])
        for place, each in enumerate(declarations)
    ]


class _Told(NamedTuple):
    declaration: Declaration
    content: bytes
    sender: Told
    recipient: Told


def _hear(each: Declaration, round_: Round) -> _Told:
    return _Told(each, content_hash(each, round_), hear(each.sender), hear(each.recipient))


def content_hash(declaration: Declaration, round_: Round) -> bytes:
    """Return the keyed hash that tells a repeat from a change, 16 bytes."""
    return vault.search_key(declaration.canonical(round_.pk))


def registered_before(external_ids: Sequence[str | None], by: Actor) -> dict[str, tuple[str, bytes]]:
    """Return number and content hash of those that `by`'s organisation has registered."""
    wanted = [each for each in external_ids if each is not None]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, number, content_hash FROM parcels_parcel"
            " WHERE organisation_id = %s AND external_id = ANY(%s)",
            [by.organisation_id, wanted],
        )
        return {external_id: (number, bytes(content)) for external_id, number, content in cursor.fetchall()}


def repeated(external_id: str, content: bytes, number: str, before: bytes) -> Registered:
    """Return what a declaration is whose external id came before: the same again, or a change refused."""
    if content == before:
        return Registered("unchanged", external_id, number)
    return Registered("rejected", external_id, None, "external-id-reused")


class _Born(NamedTuple):
    """A parcel that is being registered: what was declared, who sends it, and what it is after its moves."""

    told: _Told
    sender: Known
    held: Held


def _create(
    fresh: Sequence[_Told], round_: Round, by: Actor, now: datetime, writer: bulk.Writer
) -> list[str]:
    if not fresh:
        return []
    # All that is asked of the database comes before the first row is written.
    ids, numbers = bulk.new_ids(Parcel, len(fresh)), _new_numbers(len(fresh))
    people = record(
        [person for each in fresh for person in (each.sender, each.recipient)],
        organisation_id=by.organisation_id,
        now=now,
        writer=writer,
    )
    held = {
        number: newborn(pk, number, round_, recipient.id, now)
        for pk, number, recipient in zip(ids, numbers, people[1::2], strict=True)
    }
    moves = decide(_acceptances(fresh, numbers, round_), held, by=by, now=now)
    born = [_Born(*each) for each in zip(fresh, people[::2], held.values(), strict=True)]
    _write(born, moves, round_, by, now, writer)
    return numbers


def _acceptances(fresh: Sequence[_Told], numbers: Sequence[str], round_: Round) -> list[Step]:
    """Return the acceptance of each that came in weighed."""
    return [
        Step(
            number,
            "accept",
            each.accepted_at,
            details={
                "gross_mass_g": each.gross_mass_g,
                "place": each.accepted_place or round_.collection_point,
            },
        )
        for (each, *_), number in zip(fresh, numbers, strict=True)
        if each.accepted_at is not None and each.gross_mass_g is not None
    ]


def _write(
    born: Sequence[_Born], moves: Sequence[Made], round_: Round, by: Actor, now: datetime, writer: bulk.Writer
) -> None:
    writer.insert(
        Parcel,
        (
            "id", "number", "round_id", "organisation_id", "sender_id", "recipient_id", "sealed_relationship",
            "external_id", "content_hash", "status", "last_number", "status_since", "declared_mass_g",
            "gross_mass_g", "holder_id", "seed", "code_key_version", "code_hash", "frozen", "flagged",
        ),
        (
            (
                held.id, held.number, round_.pk, by.organisation_id, sender.id, held.recipient,
                _relationship(told.declaration, sender), told.declaration.external_id, told.content,
                held.status.value, held.last_number, held.since, told.declaration.declared_mass_g,
                held.gross_mass_g, held.holder, *_code(), False, False,
            )
            for told, sender, held in born
        ),
    )  # fmt: skip
    writer.insert(
        Movement,
        (
            "parcel_id", "number", "from_status", "move", "status", "happened_at", "details",
            "recorded_at", "organisation_id", "actor", "staff_id", "client_id",
        ),
        (
            (*each, now, by.organisation_id, by.kind, by.staff_id, by.client_id)
            for each in chain(_registrations(born, now), map(_movement, moves))
        ),
    )  # fmt: skip
    writer.insert(
        Publication,
        ("parcel_id", "number", "public_from"),
        chain(
            ((each.held.id, 1, now) for each in born),
            ((made.held.id, made.number, made.public_from) for made in moves if made.public_from),
        ),
    )
    writer.insert(
        Line,
        (
            "parcel_id", "number", "sealed_description", "category", "also", "exact", "quantity",
            "unit_mass_g", "removed", "fate",
        ),
        _lines(born),
    )  # fmt: skip


def _registrations(born: Sequence[_Born], now: datetime) -> Iterator[tuple[object, ...]]:
    for (each, *_), _, held in born:
        happened_at = min(each.accepted_at or now, now)
        yield held.id, 1, None, "register", "registered", happened_at, Jsonb({"declaration": len(each.lines)})


def _movement(made: Made) -> tuple[object, ...]:
    return (
        made.held.id, made.number, made.from_status.value, made.move, made.status.value,
        made.step.happened_at, Jsonb(made.text, dumps=str),
    )  # fmt: skip


def _relationship(declaration: Declaration, sender: Known) -> bytes | None:
    if not declaration.relationship:
        return None
    return vault.seal(sender.key, declaration.relationship, place=RELATIONSHIP_PLACE)


def _code() -> tuple[bytes, int, bytes]:
    seed = secrets.token_bytes(SEED_BYTES)
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), seed)
    return seed, 1, codes.lookup_hash(bytes.fromhex(settings.KEYS.lookup), code)


def _lines(born: Sequence[_Born]) -> Iterator[tuple[object, ...]]:
    for (each, *_), sender, held in born:
        for number, line in enumerate(each.lines, 1):
            sealed = vault.seal(sender.key, line.description, place=LINE_PLACE)
            category, also, exact = categories(line)
            yield (
                held.id, number, sealed, category, also, exact, line.quantity, line.unit_mass_g, 0, "kept",
            )  # fmt: skip


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
