"""Erasing one human being on request: what it would take, the act of two officers, and the worker's deed.

Two officers decide; a worker does it within seconds, for only it may call the owner's function that can. What
goes outside the database's backups first is a line that says whom: a backup that comes back is erased again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from parcels import erasures_log
from parcels.erasure_guard import PENDING
from parcels.lifecycle import END, Status
from parcels.models import Parcel
from people import approvals, audit, groups, lists
from people.actors import Actor, announce
from people.acts import Act
from people.lists.reading import Entry
from people.matching import opened
from people.models import Approval, ListEntry, Person, Purpose, RightsRequest
from people.requests import SUBJECT, NotPossible
from people.resemblance import Described, compare
from people.retention import ON_REQUEST

ERASE: Final = "erase"
_OVER: Final = (*END, Status.RECEIVED)
_MOST: Final = 20


class Reach(NamedTuple):
    """What an erasure would take: the office's records held to be this person, and entries of its lists."""

    people: list[int]
    entries: list[int]
    uncertain: list[ListEntry]
    """Entries that may name them; an officer says which do."""
    under_way: list[Parcel]
    """As long as there are any, they are not erased: their parcels need them."""
    elsewhere: list[Person]
    """Records of other offices held to be the same: those are told, and decide themselves."""


def reach(person: Person) -> Reach:
    same = list(
        Person.objects.filter(pk__in=[person.pk, *groups.same_as(person.pk, person.organisation_id)])
        .select_related("organisation")
        .order_by("pk")
    )
    ours = [each.pk for each in same if each.organisation_id == person.organisation_id]
    sure, uncertain = _entries(person.organisation_id, ours)
    return Reach(
        ours,
        sure,
        uncertain,
        list(_under_way(ours)),
        [each for each in same if each.organisation_id != person.organisation_id],
    )


def _under_way(people: Iterable[int]) -> QuerySet[Parcel]:
    theirs = Parcel.objects.filter(Q(sender__in=people) | Q(recipient__in=people))
    return theirs.exclude(status__in=_OVER).order_by("pk")


def _entries(office: int, people: list[int]) -> tuple[list[int], list[ListEntry]]:
    """Return the entries of the office's lists that name one of these people, and those that may.

    Each is sealed under a key of its own, so all are opened: a list has thousands at most.
    """
    described = [record.told for record in opened(people).values()]
    rows = ListEntry.objects.filter(list__office=office).exclude(wrapped=b"")
    by_id = {row.pk: row for row in rows.select_related("list")}
    sure, uncertain = [], []
    for each in lists.open_entries(rows.order_by("pk")):
        if each.person in people:
            sure.append(each.id)
        elif each.entry is not None:
            verdicts = {compare(told, _told(each.entry)).verdict for told in described}
            if "same" in verdicts:
                sure.append(each.id)
            elif verdicts & {"ask", "faint"}:
                uncertain.append(by_id[each.id])
    return sure, uncertain


def _told(entry: Entry) -> Described:
    return Described(
        (entry.name,),
        (entry.birth_date,) if entry.birth_date else (),
        (entry.service_number,) if entry.service_number else (),
    )


def propose_erasure(
    request: RightsRequest, also_entries: Iterable[int], *, by: Actor, now: datetime
) -> Approval:
    """Propose to erase who asked for it; another officer confirms it.

    :param also_entries: those of the uncertain entries that do name them
    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises approvals.NotOpen: if that is proposed already
    :raises NotPossible: while a parcel of theirs is on its way, or once it was answered
    """
    if request.organisation_id != by.organisation_id:
        raise approvals.NotYours
    if request.kind != RightsRequest.Kind.ERASURE or request.outcome or request.decided_under_id:
        raise NotPossible("This is no open request for erasure.")
    found = reach(request.person)
    if found.under_way:
        raise NotPossible("A parcel of theirs is on its way. Refuse for now: it is used for that alone.")
    also = sorted({row.pk for row in found.uncertain} & set(also_entries))
    details = {"people": found.people, "entries": [*found.entries, *also]}
    return approvals.propose(SUBJECT, request.pk, ERASE, by=by, details=details, now=now)


@approvals.carries_out(ERASE)
def _decided(approval: Approval, by: Actor, now: datetime) -> None:
    """Give it to the worker, within the transaction of the second officer's word."""
    request = RightsRequest.objects.select_for_update().get(pk=approval.subject)
    if request.outcome or request.decided_under_id or by.staff_id is None:
        raise approvals.NotOpen
    if _under_way(approval.details["people"]).exists():
        raise NotPossible("A parcel of theirs is on its way now.")
    announce(by)
    request.decided_under = approval
    request.save(update_fields=["decided_under"])
    audit.record(by, Act.ERASE, "person", request.person_id, purpose=Purpose.RIGHTS_REQUEST, now=now)


def erase_due() -> int:
    """Erase whom two officers decided to; return how many requests were done. In the worker's role."""
    done = 0
    while pending := _pending():
        request, people, entries = pending
        with transaction.atomic():
            # Written before it is done: a crash between the two erases again, and never forgets to.
            erasures_log.add(people, entries, rule=ON_REQUEST)
            together = _together(people)
            with connection.cursor() as cursor:
                cursor.execute("SELECT lifeline_purge(%s, 1)", [ON_REQUEST])
            # Whoever was held to be one with them stays together with the others.
            groups.regroup(together)
            audit.record(audit.By.WORKER, Act.ERASED, "request", request)
        done += 1
    return done


def _pending() -> tuple[int, list[int], list[int]] | None:
    with connection.cursor() as cursor:
        cursor.execute(f"{PENDING} LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        return None
    request, _, details = row
    told = json.loads(details)
    return request, told["people"], told["entries"]


def _together(people: list[int]) -> list[groups.Pair]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT person_id, office_id FROM people_groupmember WHERE person_id = ANY(%s)", [people]
        )
        return [groups.Pair(person, person, office) for person, office in cursor.fetchall()]


def can_be_erased_now(office: int | None) -> QuerySet[RightsRequest]:
    """Return requests refused while a parcel was under way, of people who have none any more."""
    waiting = RightsRequest.objects.filter(
        organisation=office,
        kind=RightsRequest.Kind.ERASURE,
        reason=RightsRequest.Reason.UNDER_WAY,
        person__key__isnull=False,
    )
    busy = Parcel.objects.exclude(status__in=_OVER)
    return waiting.exclude(person__in=busy.values("sender")).exclude(person__in=busy.values("recipient"))
