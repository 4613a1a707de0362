"""Registering parcels: one from a counter or two thousand from a manifest, by the same few statements."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple, TypeVar

from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from exchanges import terms
from exchanges.models import Round
from parcels import codes, receipt_codes
from parcels.actions.advance import decide
from parcels.actions.holding import Held, newborn, today
from parcels.actions.steps import Refused, Step
from parcels.actions.writing import Made
from parcels.assessment import categories
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, Declaration, line_row
from parcels.models import Line, Movement, Parcel, Publication
from people import bulk, vault
from people.actions import Known, Told, hear, record
from people.actors import Actor, announce

T = TypeVar("T")
# The first byte of a content hash that the sender's key made.
_OF_SENDER: Final = b"\x02"


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
        repeated(each.external_id or "", each.canonical(round_.pk), before[each.external_id or ""])
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
    now_told: dict[str, int] = {}
    for place, each in enumerate(told):
        external_id = each.declaration.external_id
        if external_id is None or external_id not in known.keys() | now_told.keys():
            fresh[place] = each
            if external_id is not None:
                now_told[external_id] = place
    numbers = dict(zip(fresh, _create(list(fresh.values()), round_, by, now, writer), strict=True))
    for external_id, place in now_told.items():
        known[external_id] = Before(numbers[place], told[place].content)
    return [
        Registered("created", each.external_id, numbers[place])
        if place in numbers
        else repeated(each.external_id or "", told[place].content, known[each.external_id or ""])
        for place, each in enumerate(declarations)
    ]


class _Told(NamedTuple):
    declaration: Declaration
    content: str
    sender: Told
    recipient: Told


def _hear(each: Declaration, round_: Round) -> _Told:
    return _Told(each, each.canonical(round_.pk), hear(each.sender), hear(each.recipient))


class Before(NamedTuple):
    """A parcel that was registered under an external id: its number, and what tells a repeat from a change.

    `content` is what was told just now, or the hash that its row keeps; `key` is then its sender's.
    """

    number: str
    content: str | bytes
    key: bytes | None = None

    def is_of(self, content: str) -> bool:
        """Whether the same was told. Once its sender was erased, nobody can say so any more."""
        if isinstance(self.content, str):
            return self.content == content
        if len(self.content) == len(vault.search_key(content)):
            return self.content in vault.search_keys(content)
        return self.key is not None and hmac.compare_digest(self.content, content_hash(self.key, content))


def content_hash(sender_key: bytes, content: str) -> bytes:
    """Return what a parcel's row keeps of its declaration, 17 bytes.

    It is made with the sender's own key, which is never rotated and goes when the sender is erased; earlier
    ones have 16 bytes, and are hashes of the search key.
    """
    return _OF_SENDER + vault.content_key(sender_key, content)


def registered_before(external_ids: Sequence[str | None], by: Actor) -> dict[str, Before]:
    """Return those that `by`'s organisation has registered under these external ids."""
    wanted = [each for each in external_ids if each is not None]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.external_id, p.number, p.content_hash, p.sender_id, k.wrapped FROM parcels_parcel p"
            " LEFT JOIN people_personkey k ON k.person_id = p.sender_id"
            " WHERE p.organisation_id = %s AND p.external_id = ANY(%s)",
            [by.organisation_id, wanted],
        )
        return {
            external_id: Before(
                number, bytes(content), vault.unwrap(wrapped, row=sender) if wrapped else None
            )
            for external_id, number, content, sender, wrapped in cursor.fetchall()
        }


def repeated(external_id: str, content: str, before: Before) -> Registered:
    """Return what a declaration is whose external id came before: the same again, or a change refused."""
    if before.is_of(content):
        return Registered("unchanged", external_id, before.number)
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
            "gross_mass_g", "holder_id", "seed", "code_key_version", "lookup_key_version", "code_hash",
            "frozen", "flagged",
        ),
        (
            (
                held.id, held.number, round_.pk, by.organisation_id, sender.id, held.recipient,
                _relationship(told.declaration, sender, held.id), told.declaration.external_id,
                content_hash(sender.key, told.content), held.status.value, held.last_number, held.since,
                told.declaration.declared_mass_g, held.gross_mass_g, held.holder, *receipt_codes.new(),
                False, False,
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


def _relationship(declaration: Declaration, sender: Known, parcel: int) -> bytes | None:
    if not declaration.relationship:
        return None
    return vault.seal(sender.key, declaration.relationship, place=RELATIONSHIP_PLACE, row=parcel)


def _lines(born: Sequence[_Born]) -> Iterator[tuple[object, ...]]:
    for (each, *_), sender, held in born:
        for number, line in enumerate(each.lines, 1):
            row = line_row(held.id, number)
            sealed = vault.seal(sender.key, line.description, place=LINE_PLACE, row=row)
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
