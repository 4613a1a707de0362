"""How long this installation keeps each category: as it began, or as two of its officers set it since."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple

from people import approvals, audit, retention
from people.actors import Actor
from people.acts import Act
from people.models import Approval, RetentionPeriod
from people.retention import RULES, Rule

SUBJECT: Final = "retention"
SET: Final = "retention"


class Kept(NamedTuple):
    """A rule with its days here, and when two officers look at them again."""

    rule: Rule
    days: int
    review_on: date | None


def periods() -> list[Kept]:
    """Return every rule as it stands, in the order of a night."""
    last = RetentionPeriod.objects.order_by("rule", "-pk").distinct("rule")
    found = {row.rule: row for row in last}
    return [Kept(rule, found[name].days, found[name].review_on) for name, rule in RULES.items()]


def propose(rule: str, days: int, review_on: date, *, by: Actor, now: datetime) -> Approval:
    """Propose other days for a rule; another officer confirms them.

    :raises retention.TooShort: if the work itself needs it longer
    :raises approvals.NotYours: if `by` is no officer
    :raises approvals.NotOpen: if other days for this rule are proposed already
    :raises ValueError: unless the review lies ahead
    """
    retention.checked(rule, days)
    if review_on <= now.date():
        raise ValueError("It is looked at again on a day to come.")
    details = {"rule": rule, "days": days, "review_on": review_on.isoformat()}
    # A rule has no row of its own; its place stands for it.
    return approvals.propose(SUBJECT, list(RULES).index(rule), SET, by=by, details=details, now=now)


@approvals.carries_out(SET)
def _set(approval: Approval, by: Actor, now: datetime) -> None:
    told = approval.details
    RetentionPeriod.objects.create(
        rule=told["rule"],
        days=told["days"],
        approval=approval,
        review_on=date.fromisoformat(told["review_on"]),
        set_at=now,
    )
    audit.record(by, Act.SET_RETENTION, SUBJECT, approval.subject, now=now)
