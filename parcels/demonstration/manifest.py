"""The manifest of the demonstration round: made up, and always the same for a seed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from parcels.demonstration.contents import Contents, pack
from parcels.demonstration.families import (
    Person,
    Sender,
    birth_date,
    make_prisoner,
    make_sender,
    prisoner_name,
    relationship,
    service_number,
)
from parcels.manifest import columns

SEED = 12
PARCELS = 2_000
SENDERS = 1_900
MOST_PARCELS = 100_000
COLLECTED_FROM = date(2026, 11, 1)
COLLECTING_DAYS = 19
ACCEPTED = 0.96
PLACES = ("", "Collection point, Linden Street", "Пункт приёма «Заречный»")
PLACE_WEIGHTS = (88, 7, 5)
SUNDAY = 6

COLUMNS = (
    *columns.PARCEL,
    *(f"item_{line}_{field}" for line in range(1, columns.MOST_LINES + 1) for field in columns.LINE),
)


def rows(
    seed: int, parcels: int = PARCELS, senders: int = SENDERS, *, collected_from: date = COLLECTED_FROM
) -> Iterator[dict[str, str]]:
    """One row a parcel, each for another prisoner, in the columns of ``COLUMNS``.

    :raises ValueError: when no such parcels can be made: fewer than senders, far more, or over 100,000
    """
    drawn = Random(seed)  # noqa: S311 - nothing secret: it must come out the same each time
    return _rows(drawn, _senders(drawn, parcels, senders), collected_from)


def _rows(drawn: Random, senders: list[Sender], collected_from: date) -> Iterator[dict[str, str]]:
    held: set[Person] = set()
    for number, sender in enumerate(senders, start=1):
        prisoner = make_prisoner(drawn, sender)
        while prisoner in held:
            prisoner = make_prisoner(drawn, sender)
        held.add(prisoner)
        contents = pack(drawn, sender.language)
        yield dict.fromkeys(COLUMNS, "") | {
            "external_id": f"DEC-{number:05}",
            "sender_name": sender.name,
            "sender_phone": sender.phone,
            "sender_email": sender.email,
            "contact_by": sender.contact_by,
            "relationship": relationship(drawn, sender),
            "prisoner_name": prisoner_name(drawn, prisoner, sender),
            "prisoner_birth_date": birth_date(drawn, sender.relation),
            "prisoner_service_number": service_number(drawn, number),
            "declared_mass_g": str(_declared_mass_g(drawn, contents.gross_mass_g)),
            **_accepted(drawn, contents, collected_from),
            **_items(contents),
        }


def _senders(drawn: Random, parcels: int, senders: int) -> list[Sender]:
    """One for each parcel: every sender once, and some of those who may have two relatives held again."""
    if not senders <= parcels <= MOST_PARCELS:
        raise ValueError(f"with {senders} senders there are {senders} to {MOST_PARCELS} parcels")
    everyone = [make_sender(drawn, number) for number in range(1, senders + 1)]
    likely = [sender for sender in everyone if sender.relation.again]
    if parcels - senders > len(likely):
        raise ValueError(f"{senders} senders have at most {senders + len(likely)} parcels")
    everyone += drawn.sample(likely, parcels - senders)
    drawn.shuffle(everyone)
    return everyone


def _declared_mass_g(drawn: Random, gross_mass_g: int) -> int:
    """As families weigh at home: 2 % up or down, to 100 g, 50 g or 10 g."""
    step = drawn.choice((100, 100, 50, 10))
    return round(gross_mass_g * drawn.uniform(0.98, 1.02) / step) * step


def _accepted(drawn: Random, contents: Contents, collected_from: date) -> dict[str, str]:
    """Nothing for a parcel that was declared and not handed in yet."""
    if drawn.random() >= ACCEPTED:
        return {}
    days = [collected_from + timedelta(days=day) for day in range(COLLECTING_DAYS)]
    day = drawn.choice([day for day in days if day.weekday() != SUNDAY])
    opened = datetime.combine(day, time(8), UTC)
    accepted_at = opened + timedelta(minutes=drawn.randrange(8 * 60))
    return {
        "gross_mass_g": str(contents.gross_mass_g),
        "accepted_at": f"{accepted_at:%Y-%m-%dT%H:%M:%SZ}",
        "accepted_place": drawn.choices(PLACES, PLACE_WEIGHTS)[0],
    }


def _items(contents: Contents) -> dict[str, str]:
    items = {}
    for number, line in enumerate(contents.lines, start=1):
        items[f"item_{number}_description"] = line.description
        items[f"item_{number}_quantity"] = str(line.quantity)
        items[f"item_{number}_unit_mass_g"] = str(line.unit_mass_g)
    return items
