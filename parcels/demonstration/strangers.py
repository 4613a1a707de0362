"""Made-up people to whom no parcel goes: those who are exchanged, return, or stand on a list."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from parcels.demonstration.families import Person, in_order, make_person
from people.actions import Telling

PRISONERS_BORN = (1968, 2004)
CIVILIANS_BORN = (1938, 2003)


def prisoners(seed: int, count: int, spelling: str) -> list[Telling]:
    """Men for whom a name, a day of birth and a service number are known."""
    drawn = Random(seed)  # noqa: S311 - nothing secret: it must come out the same each time
    return [
        Telling(
            "prisoner",
            full_name(make_person(drawn, "m"), spelling),
            birth_day(drawn, PRISONERS_BORN).isoformat(),
            f"LN-{seed:02}{number:04}",
        )
        for number in range(1, count + 1)
    ]


def civilians(seed: int, count: int, spelling: str) -> list[Telling]:
    drawn = Random(seed)  # noqa: S311 - nothing secret: it must come out the same each time
    return [
        Telling(
            "evacuee",
            full_name(make_person(drawn, drawn.choice("mf")), spelling),
            birth_day(drawn, CIVILIANS_BORN).isoformat(),
        )
        for _ in range(count)
    ]


def full_name(person: Person, spelling: str) -> str:
    return in_order("{surname} {given} {patronymic}", person, spelling)


def birth_day(drawn: Random, years: tuple[int, int]) -> date:
    return date(drawn.randint(*years), 1, 1) + timedelta(days=drawn.randrange(365))
