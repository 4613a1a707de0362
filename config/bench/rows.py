"""Parcels by the thousand: written by a few statements, under the same constraints as any other."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from exchanges.actions import draft_terms, make_round
from exchanges.models import Agreement, Round, Terms
from parcels import codes
from people.models import Organisation, Party

BEGAN: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)

# What leads to each status in which the benches need parcels, a day apart.
TO_ACCEPTED: Final = ("register", "accept")
TO_HANDED_OVER: Final = (*TO_ACCEPTED, "clear", "pack", "dispatch", "hand_over")
_STATUS_AFTER: Final = {
    "register": "registered",
    "accept": "accepted",
    "clear": "cleared",
    "pack": "packed",
    "dispatch": "dispatched",
    "hand_over": "handed_over",
}


class World(NamedTuple):
    round_id: int
    sending_id: int


def world() -> World:
    """Make two offices, an agreement with terms in force, and a round that collects."""
    north, south = _office("north"), _office("south")
    agreement = Agreement.objects.create(
        title_ru="Соглашение", title_uk="Угода", title_en="Agreement",
        status=Agreement.Status.IN_FORCE, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    agreement.signatories.set([north, south])
    terms = draft_terms(agreement, mass_min_g=5_000, mass_max_g=10_000)
    terms.status, terms.in_force_at = Terms.Status.IN_FORCE, BEGAN - timedelta(days=30)
    terms.save()
    made = make_round(
        reference="bench", agreement=agreement, terms=terms, sending=north, holding=south,
        status=Round.Status.COLLECTING, target=100_000, opens_on=date(2026, 11, 1),
        closes_on=date(2026, 12, 15), collection_point="North, counter 1", open_to_public=True,
    )  # fmt: skip
    return World(made.pk, north.pk)


def _office(code: str) -> Organisation:
    names = {f"name_{language}": code.title() for language in ("ru", "uk", "en")}
    return Organisation.objects.create(code=code, party=Party.objects.create(code=code, **names), **names)


def receipt_code(place: int) -> str:
    """Return the code of the parcel at this place, counted from 1."""
    return codes.receipt_code(bytes.fromhex(settings.KEYS.code), _seed(place))


def _seed(place: int) -> bytes:
    return hashlib.sha256(f"bench {place}".encode()).digest()[:16]


def _identities(count: int) -> Iterator[tuple[int, str, bytes, bytes]]:
    lookup = bytes.fromhex(settings.KEYS.lookup)
    for place in range(1, count + 1):
        yield (
            place,
            codes.parcel_number(f"{place:08}"),
            _seed(place),
            codes.lookup_hash(lookup, receipt_code(place)),
        )


_PEOPLE: Final = """
INSERT INTO people_person (id, reference, kind, organisation_id, recorded_at, matched_at)
SELECT 2 * place - side, substr(md5(place || 'of' || side), 1, 16),
       (ARRAY['prisoner', 'sender'])[side + 1], %s, %s, %s
  FROM identity, generate_series(0, 1) AS side
"""
_PARCELS: Final = """
INSERT INTO parcels_parcel (id, number, round_id, organisation_id, sender_id, recipient_id, external_id,
                            content_hash, status, last_number, status_since, declared_mass_g, gross_mass_g,
                            seed, code_key_version, code_hash, frozen, flagged, holder_id)
SELECT place, number, %(round)s, %(office)s, 2 * place - 1, 2 * place, 'row-' || place,
       decode(md5('content' || place), 'hex'), %(status)s, %(last)s, %(since)s, 6000, 6100,
       seed, 1, code_hash, false, false, %(office)s
  FROM identity
"""
_MOVEMENTS: Final = """
INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,
                              organisation_id, actor, details)
SELECT place, step.number, step.from_status, step.move, step.status, step.at, step.at, %s, 'worker', '{}'
  FROM identity, unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
       AS step (number, from_status, move, status, at)
 ORDER BY place, step.number
"""
_PUBLICATIONS: Final = """
INSERT INTO parcels_publication (parcel_id, number, public_from)
SELECT parcel_id, number, recorded_at FROM parcels_movement ORDER BY parcel_id, number
"""
# Six lines a parcel. Every tenth holds sweets, which a person looks at, every twenty-fifth a tin.
_LINES: Final = """
INSERT INTO parcels_line (parcel_id, number, sealed_description, category, also, exact, quantity, unit_mass_g,
                          removed, fate)
SELECT place, line, decode(repeat(md5(place || '/' || line), 2), 'hex'),
       CASE line WHEN 1 THEN 'FOOD_DRY' WHEN 2 THEN 'HYGIENE' WHEN 3 THEN 'LETTER'
                 WHEN 4 THEN CASE WHEN place % 2 = 0 THEN 'CLOTHING' ELSE 'FOOD_TEA_COFFEE' END
                 WHEN 5 THEN CASE WHEN place % 10 = 0 THEN 'FOOD_SWEETS' ELSE 'DRAWING' END
                 ELSE CASE WHEN place % 25 = 0 THEN 'FOOD_TIN' ELSE 'RELIGIOUS' END END,
       '{}', true, 2, 500, 0, 'kept'
  FROM identity, generate_series(1, 6) AS line
 ORDER BY place, line
"""


@transaction.atomic
def fill(count: int, moves: Sequence[str], world: World) -> None:
    """Write `count` parcels that made these moves, each with six lines, all movements public.

    Their keys are their places, from 1 on; the sequences do not know, so nothing is registered after them.
    """
    statuses = [_STATUS_AFTER[move] for move in moves]
    times = [BEGAN + timedelta(days=day) for day in range(len(moves))]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE identity (place int, number text, seed bytea, code_hash bytea) ON COMMIT DROP"
        )
        with cursor.copy("COPY identity FROM STDIN") as copy:
            for row in _identities(count):
                copy.write_row(row)
        cursor.execute("ANALYZE identity")
        cursor.execute(_PEOPLE, [world.sending_id, BEGAN, BEGAN])
        cursor.execute(
            _PARCELS,
            {
                "round": world.round_id,
                "office": world.sending_id,
                "status": statuses[-1],
                "last": len(moves),
                "since": times[-1],
            },
        )
        cursor.execute(
            _MOVEMENTS,
            [
                world.sending_id, list(range(1, len(moves) + 1)), [None, *statuses[:-1]], list(moves),
                statuses, times,
            ],
        )  # fmt: skip
        cursor.execute(_PUBLICATIONS)
        cursor.execute(_LINES)
