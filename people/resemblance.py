"""Are two records of one human being? Decided by name, patronymic, date of birth, number, side. No database.

`same` needs a name, a day of birth and nothing against it. `ask` is for two people to decide. `faint` is too
little to trouble anybody among half a million people, and a question between two short lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Final, Literal, NamedTuple

from people import birth_dates
from people.birth_dates import Relation
from people.names import Likeness, liken_within_a_letter, plain_number

Verdict = Literal["same", "ask", "faint", "different"]


class Described(NamedTuple):
    """What is on record of somebody: every value. Dates are EDTF; `party` is their own side."""

    names: tuple[str, ...]
    births: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    party: int | None = None


class Resemblance(NamedTuple):
    verdict: Verdict
    reasons: tuple[str, ...]
    """Codes of what speaks for and against; see WORDS."""


WORDS: Final[Mapping[str, str]] = {
    "surname_same": "the surname is one name, in each spelling",
    "surname_close": "the surname differs by a slip, an ending or a spelling system",
    "surname_differs": "the surnames are two names",
    "given_same": "the given name is one name, in each language",
    "given_close": "the given name is an initial, a short form or has a slip",
    "given_differs": "the given names are two names",
    "given_missing": "one of them gives no given name or no surname",
    "patronymic_same": "the patronymic is one name",
    "patronymic_close": "the patronymic is an initial or has a slip",
    "patronymic_differs": "the patronymics are two names",
    "patronymic_missing": "at least one of them gives no patronymic",
    "born_same_day": "born on the same day",
    "born_same_month": "born in the same month, on different days",
    "born_swapped": "day and month of birth changed places",
    "born_same_year": "born in the same year, on different days",
    "born_one_digit": "the dates of birth differ by one slip",
    "born_agrees": "the dates of birth agree as far as they are known",
    "born_near": "the dates of birth are less than a year apart",
    "born_conflict": "the dates of birth are over a year apart",
    "born_unknown": "at least one of them gives no date of birth",
    "number_same": "the service number is the same",
    "number_differs": "the service numbers differ",
    "party_differs": "they are said to be of two sides",
    "not_alone": "more than one record fits",
    "twice": "one of the lists has this person more than once, it seems",
}

_AGAINST: Final = ("_differs", "_conflict", "_near", "_missing", "_unknown", "not_alone", "twice")
_UNSURE: Final = ("_close", "_swapped", "_one_digit", "_same_year", "_same_month")


def speaks_for(code: str) -> bool:
    return not code.endswith(_AGAINST + _UNSURE)


def compare(a: Described, b: Described) -> Resemblance:
    like, born, number = _names(a, b), birth_dates.best(a.births, b.births), _numbers(a, b)
    parties_differ = bool(a.party and b.party and a.party != b.party)
    verdict = _verdict(like, born, number)
    if verdict == "same" and (number == "differs" or parties_differ):
        verdict = "ask"
    reasons = (*_of_names(like), f"born_{born}", *([f"number_{number}"] if number else []))
    return Resemblance(verdict, (*reasons, *(["party_differs"] if parties_differ else [])))


def _names(a: Described, b: Described) -> Likeness:
    ways = [liken_within_a_letter(x, y) for x, y in product(a.names, b.names)]
    return max(ways, key=_strength, default=Likeness())


def _strength(like: Likeness) -> tuple[int, int, int]:
    return (-sum(part == "no" for part in like), sum(part == "yes" for part in like), sum(map(bool, like)))


def _numbers(a: Described, b: Described) -> Literal["same", "differs"] | None:
    ours, theirs = set(map(plain_number, a.numbers)) - {""}, set(map(plain_number, b.numbers)) - {""}
    if not ours or not theirs:
        return None
    return "same" if ours & theirs else "differs"


def _verdict(like: Likeness, born: Relation, number: str | None) -> Verdict:
    surname, given, patronymic = like
    if number == "same":
        sure = surname == given == "yes" and patronymic != "no" and born in ("same_day", "agrees", "unknown")
        return "same" if sure else "ask"
    if given == "no" or born == "conflict":
        return "different"  # a twin, a father, a namesake
    if surname is None or given is None:
        return "ask" if born == "same_day" and "yes" in (surname, given) else "different"
    if surname == "no":  # a name that changed
        return "ask" if given == patronymic == "yes" and born == "same_day" else "different"
    if patronymic == "no":
        return "ask" if surname == given == "yes" and born == "same_day" else "different"
    if born == "same_day":
        return _born_together(like)
    return _born_otherwise(like, born)


def _born_together(like: Likeness) -> Verdict:
    """One name and one day; a slip in one part is made up for when all others agree."""
    surname, given, patronymic = like
    if surname == given == "yes":
        return "same"
    if given == "yes" and {surname, patronymic} == {"yes", "ask"}:
        return "same"
    return "ask"


def _born_otherwise(like: Likeness, born: Relation) -> Verdict:
    surname, given, patronymic = like
    slips = (surname, given, patronymic).count("ask")
    if patronymic is None:
        return "ask" if born == "swapped" and not slips else "faint"
    if slips > 1:
        return "faint"
    if born in ("same_year", "near") and slips:
        return "faint"
    return "ask"


def _of_names(like: Likeness) -> list[str]:
    said = {"yes": "same", "ask": "close", "no": "differs"}
    codes = [f"{part}_{said[verdict]}" for part, verdict in like._asdict().items() if verdict]
    if like.surname is None or like.given is None:
        codes.append("given_missing")
    return codes if like.patronymic else [*codes, "patronymic_missing"]
