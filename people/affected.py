"""Whose records were looked at in a time, as the audit log has it. It answers with references alone."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max

from people.models import AuditEntry, Person


class Affected(NamedTuple):
    reference: str
    kind: str
    office: str
    opened: int
    last: str
    """RFC 3339, UTC."""


def affected(since: datetime, until: datetime, *, staff_id: int | None = None) -> list[Affected]:
    """Return the people looked at from `since` and before `until`, those opened most first.

    :param staff_id: only what this member did
    """
    done = AuditEntry.objects.filter(outcome=AuditEntry.Outcome.DONE, at__gte=since, at__lt=until)
    entries = done.filter(subject_kind="person")
    if staff_id is not None:
        entries = entries.filter(staff=staff_id)
    counted = {
        person: (many, last)
        for person, many, last in entries.values_list("subject")
        .annotate(many=Count("pk"), last=Max("at"))
        .order_by("-many", "subject")
    }
    people = Person.objects.select_related("organisation").in_bulk(list(counted))
    return [
        Affected(
            people[person].reference,
            people[person].kind,
            people[person].organisation.code,
            many,
            last.isoformat(timespec="seconds"),
        )
        for person, (many, last) in counted.items()
        if person in people
    ]
