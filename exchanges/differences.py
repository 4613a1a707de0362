"""What one version of an agreement's terms says otherwise than another. No database; `words` are English."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

LIMITS: Final[Mapping[str, str]] = {
    "mass_min_g": "least mass",
    "mass_max_g": "greatest mass",
    "quota_per_prisoner": "quota for a prisoner",
    "second_look_share": "share drawn for a second look",
    "books_apart": "books in parcels of their own",
}
DEADLINES: Final[Mapping[str, str]] = {
    "public_delay_days": "delay until families read what happens on the way",
    "refused_home_after_days": "what is not accepted as packed goes home after",
}


class Rule(NamedTuple):
    """What a version says of one category. `texts` are the reasons, which change nothing for a parcel."""

    name: str
    verdict: str
    max_count: int | None
    max_mass_g: int | None
    reason_code: str
    basis: str
    texts: tuple[str, ...] = ()


class Stay(NamedTuple):
    """Days in a status: usually from low to high, at most the longest."""

    low: int
    high: int
    longest: int


class Version(NamedTuple):
    limits: Mapping[str, object]
    deadlines: Mapping[str, int]
    stays: Mapping[str, Stay]
    rules: Mapping[str, Rule]


class Difference(NamedTuple):
    """`about` is limit, deadline, stay or rule; of what was added or removed one of the two is None."""

    about: str
    name: str
    label: str
    before: object
    after: object

    @property
    def change(self) -> str:
        if self.about in ("limit", "deadline"):
            return "changed"
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def words(self) -> tuple[str, str]:
        """Return both values in words."""
        return _words(self.name, self.before), _words(self.name, self.after)


def differences(before: Version, after: Version) -> list[Difference]:
    return [
        *_of("limit", before.limits, after.limits, LIMITS.__getitem__),
        *_of("deadline", before.deadlines, after.deadlines, DEADLINES.__getitem__),
        *_of("stay", before.stays, after.stays, lambda status: f"stay in {status.replace('_', ' ')}"),
        *_of("rule", before.rules, after.rules, lambda category: _rule_name(category, before, after)),
    ]


def _of(
    about: str, before: Mapping[str, object], after: Mapping[str, object], label: Callable[[str], str]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        was, is_now = before.get(name), after.get(name)
        if was != is_now:
            yield Difference(about, name, label(name), was, is_now)


def _rule_name(category: str, before: Version, after: Version) -> str:
    rule = after.rules.get(category) or before.rules[category]
    return rule.name


def _words(name: str, value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case Rule():
            return _rule(value)
        case Stay():
            return f"usually {value.low} to {value.high} days, at most {value.longest}"
    if name.endswith("_g"):
        return f"{value:,} g"
    if name.endswith("_days"):
        return f"{value} days"
    if name == "quota_per_prisoner":
        return f"{value} parcel{'' if value == 1 else 's'} a round"
    return str(value)


def _rule(rule: Rule) -> str:
    limits = []
    if rule.max_count is not None:
        limits.append(f"at most {rule.max_count} pieces a parcel")
    if rule.max_mass_g is not None:
        limits.append(f"at most {rule.max_mass_g:,} g a parcel")
    basis = f" ({rule.basis})" if rule.basis else ""
    return ", ".join([f"{rule.verdict}: {rule.reason_code}{basis}", *limits])


def only_texts(difference: Difference) -> bool:
    """Whether a rule differs in its reasons' texts alone."""
    before, after = difference.before, difference.after
    return (
        isinstance(before, Rule)
        and isinstance(after, Rule)
        and before._replace(name="", texts=()) == after._replace(name="", texts=())
    )
