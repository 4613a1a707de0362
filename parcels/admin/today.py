"""What waits for somebody today: numbers with a link, for the roles that can do something about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from exchanges import access as exchanges_access
from parcels import erasing
from parcels.access import Relation
from parcels.admin import words
from parcels.admin.counter import may_declare
from parcels.admin.difference import open_differences
from parcels.admin.reading import Reader, reader_of
from parcels.admin.waiting import open_acts
from parcels.lifecycle import END, Status
from parcels.models import Parcel, Quarantine
from parcels.workers import liveness
from people import deciding, requests, withholding
from people.alarms import open_of
from people.models import Approval, RightsRequest, Role


class Number(NamedTuple):
    """A number to act on; `hint` says what to do about it."""

    label: str
    many: int
    url: str
    tone: str
    hint: str


def context(request: HttpRequest) -> dict[str, Any]:
    reader = reader_of(request)
    alarms = list(_alarms(reader))
    if not reader.rounds:
        return {"numbers": alarms, "rounds": []}
    counts = _counts(reader)
    return {
        "numbers": [*alarms, *_numbers(reader, counts)],
        "rounds": _by_round(reader),
        "may_declare": may_declare(reader),
    }


def _alarms(reader: Reader) -> Iterator[Number]:
    """Yield what is open at their organisation, first of all and only where there is something."""
    if reader.organisation is None or not reader.may("people.view_alarm"):
        return
    if many := open_of([reader.organisation]).count():
        yield Number("alarms", many, reverse("admin:people_alarm_changelist"), "hard", "Look at them now.")


def _counts(reader: Reader) -> dict[str, int]:
    """Count what is open in one pass over the parcels that have not come to an end.

    What the holding side waits for stands in no such number: it could tell from one what it is spared.
    """
    return (
        Parcel.objects.filter(reader.theirs)
        .exclude(round__in=reader.as_relation(Relation.HOLDING))
        .exclude(status__in=END)
        .aggregate(
            review=Count("pk", filter=Q(status=Status.IN_REVIEW)),
            registered=Count("pk", filter=Q(status=Status.REGISTERED)),
            refused=Count("pk", filter=Q(status=Status.REFUSED)),
            cleared=Count("pk", filter=Q(status=Status.CLEARED)),
            untied=Count("pk", filter=Q(status=Status.CLEARED, tie_checked_by=None)),
            packed=Count("pk", filter=Q(status=Status.PACKED)),
            overdue=Count(
                "pk",
                filter=Q(overdue_since__isnull=False, round__in=reader.as_relation(Relation.SENDING)),
            ),
            to_open=Count("pk", filter=Q(flagged=True, status=Status.PACKED)),
            flagged=Count("pk", filter=Q(flagged=True)),
            frozen=Count("pk", filter=Q(frozen=True)),
        )
    )


def _numbers(reader: Reader, counts: dict[str, int]) -> list[Number]:
    roles = reader.roles
    parcels, review = reverse("admin:parcels_parcel_changelist"), reverse("admin:parcels_review")
    officer = bool(roles & {Role.LIAISON, Role.COORDINATOR})
    numbers: list[Number] = []

    def add(show: bool, label: str, count: int, url: str, tone: str, hint: str) -> None:
        if show:
            numbers.append(Number(label, count, url, tone if count else "closed", hint))

    screens = bool(roles & {Role.SCREENER, Role.COORDINATOR})
    one, tie = _votes(reader)
    add(screens, "in review", counts["review"], f"{review}?show=all", "look", "Two screeners decide.")
    add(screens, "waiting for a second screener", one, review, "look", "One has decided.")
    add(Role.COORDINATOR in roles, "two screeners differ", tie, f"{review}?show=tie", "hard", "You decide.")
    add(
        Role.LIAISON in roles, "hard news to release", _held(reader), reverse("admin:parcels_news"), "hard",
        "Families wait for a call.",
    )  # fmt: skip
    add(
        officer, "waiting for a second person", open_acts(reader).exclude(proposed_by=reader.staff).count(),
        reverse("admin:parcels_waiting"), "look", "Confirm or reject.",
    )  # fmt: skip
    add(
        True, "overdue", counts["overdue"], f"{parcels}?overdue=yes", "hard", "Longer than the terms foresee."
    )
    add(officer, "flagged", counts["flagged"], f"{parcels}?flagged=yes", "look", "A person should look.")
    add(officer, "frozen", counts["frozen"], f"{parcels}?frozen=yes", "closed", "Two officers release them.")
    due = (
        withholding.due_for_review(reader.actor.organisation_id, timezone.localdate()).count()
        if officer
        else 0
    )
    add(
        officer and due > 0, "kept from families", due,
        f"{reverse('admin:people_person_changelist')}?kept=due", "look", "Look at it again.",
    )  # fmt: skip
    registrar = Role.REGISTRAR in roles
    add(
        registrar,
        "to weigh and accept",
        counts["registered"],
        f"{parcels}?status=registered",
        "home",
        "Declared.",
    )
    add(
        registrar, "not accepted as packed", counts["refused"], f"{parcels}?status=refused", "look",
        "Amend them, or they go home.",
    )  # fmt: skip
    add(
        registrar or Role.LIAISON in roles, "ties to check", counts["untied"],
        f"{parcels}?status=cleared&untied=yes", "look", "Before they can be packed.",
    )  # fmt: skip
    today = timezone.localdate()
    to_close = sum(each.status == "collecting" and each.closes_on < today for each in reader.rounds.values())
    add(
        officer and to_close > 0, "rounds past their last day", to_close,
        f"{reverse('admin:exchanges_round_changelist')}?to_close=yes", "hard", "Close them, or postpone.",
    )  # fmt: skip
    dispatcher = Role.DISPATCHER in roles
    add(
        dispatcher and counts["to_open"] > 0, "packed, to take out again", counts["to_open"],
        f"{parcels}?status=packed&flagged=yes", "hard", "New terms, an ended agreement, or a situation.",
    )  # fmt: skip
    add(dispatcher, "to pack", counts["cleared"], f"{parcels}?status=cleared", "ready", "Cleared.")
    add(
        dispatcher, "packed", counts["packed"], reverse("admin:parcels_consignment_changelist"), "ready",
        "Seal and dispatch.",
    )  # fmt: skip
    told = exchanges_access.visits(reader.actor).filter(visited_by=reader.organisation, status="held").count()
    add(
        officer and told > 0, "visits to report", told,
        f"{reverse('admin:exchanges_visit_changelist')}?status=held", "look", "They have taken place.",
    )  # fmt: skip
    asked = deciding.matches_of(reader.organisation).filter(settled_at=None).count()
    add(
        asked > 0 and reader.may("people.view_possiblematch"), "possible matches", asked,
        reverse("admin:people_possiblematch_changelist"), "look", "Two records, perhaps one person.",
    )  # fmt: skip
    asked_for = requests.open_requests(reader.organisation) if officer else RightsRequest.objects.none()
    late = asked_for.filter(due_at__lt=timezone.now()).count()
    url = reverse("admin:people_rightsrequest_changelist")
    add(officer and late > 0, "requests about data, late", late, url, "hard", "Their deadline has passed.")
    due_soon = asked_for.count() - late
    add(officer and due_soon > 0, "requests about data", due_soon, url, "look", "Each has a deadline.")
    again = erasing.can_be_erased_now(reader.organisation).count() if officer else 0
    add(
        officer and again > 0, "erasures to take up again", again, f"{url}?state=again", "look",
        "Their parcels have come to an end.",
    )  # fmt: skip
    theirs = Q(parcel__round__in=list(reader.rounds)) | Q(person__organisation=reader.organisation)
    left = Quarantine.objects.filter(theirs).count() if officer else 0
    add(
        officer and left > 0, "in quarantine", left, reverse("admin:parcels_quarantine_changelist"), "hard",
        "A worker failed on them.",
    )  # fmt: skip
    apart = open_differences(reader).count() if officer else 0
    add(
        officer and apart > 0, "differences", apart,
        f"{reverse('admin:parcels_difference_changelist')}?state=open", "hard",
        "What is kept does not agree with itself.",
    )  # fmt: skip
    silent = liveness.silent().count() if officer else 0
    add(
        officer and silent > 0, "workers silent", silent, reverse("admin:parcels_liveness_changelist"),
        "hard", "Have them started again.",
    )  # fmt: skip
    return numbers


def _votes(reader: Reader) -> tuple[int, int]:
    """Return how many reviews wait for a second screener, and in how many two differ."""
    sending = reader.as_relation(Relation.SENDING)
    waiting = Parcel.objects.filter(round__in=sending, status=Status.IN_REVIEW).values("pk")
    open_ = Approval.objects.filter(subject_kind="parcel", act="review", decision=None, subject__in=waiting)
    counted = open_.aggregate(
        one=Count("pk", filter=Q(against=None)), tie=Count("pk", filter=Q(against__isnull=False))
    )
    return counted["one"], counted["tie"]


def _held(reader: Reader) -> int:
    return Parcel.objects.filter(
        round__in=reader.as_relation(Relation.SENDING), held_from__isnull=False
    ).count()


def _by_round(reader: Reader) -> list[dict[str, Any]]:
    """Return how far each round is: its parcels by status, in the order of a parcel's life."""
    rows = reader.parcels(timezone.now()).order_by()
    counted = rows.values_list("round", "seen_status").annotate(n=Count("pk"))
    counts = {(round_id, status): n for round_id, status, n in counted}
    return [
        {
            "round": round_,
            "total": sum(n for (pk, _), n in counts.items() if pk == round_.pk),
            "statuses": [
                (words.badge(status), status.value, counts[round_.pk, status.value])
                for status in Status
                if (round_.pk, status.value) in counts
            ],
        }
        for round_ in reader.rounds.values()
    ]
