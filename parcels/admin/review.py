"""The review queue: two screeners decide, each without knowing the other's decision."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges.models import ContentRule
from parcels import access, reasons
from parcels.access import Relation
from parcels.actions import Refused, vote
from parcels.admin import words
from parcels.admin.moves import require_parcel
from parcels.admin.parcel_page import rows, worded_finding
from parcels.admin.reading import Reader, reader_of
from parcels.admin.review_forms import BallotForm
from parcels.lifecycle import Status
from parcels.models import Finding, Parcel
from people import vault
from people.approvals import NotYours
from people.desk import BoundedPaginator, page, require
from people.models import Approval, PersonKey, Role

_PAGE: Final = 50
OUTCOMES: Final = {
    "waiting": "Recorded. It waits for a second screener.",
    "differs": "Recorded. Two screeners differ: a coordinator decides.",
    "settled": "Settled: it is now {status}.",
}


class Due(NamedTuple):
    """A parcel in the queue, how far it is, and whether this reader may decide."""

    parcel: Parcel
    findings: list[str]
    stage: str
    tone: str
    open: bool


def queue(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    require(reader.may("parcels.review_parcel"))
    show = request.GET.get("show", "mine")
    parcels = _in_review(reader, show)
    found = BoundedPaginator(parcels, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": found,
        "due": _due(list(found.object_list), reader),
        "show": show,
        "shows": (("mine", "I can decide"), ("tie", "Two differ"), ("all", "All")),
    }
    return page(request, "admin/parcels/review.html", "Review", context)


def _in_review(reader: Reader, show: str) -> QuerySet[Parcel]:
    sending = reader.as_relation(Relation.SENDING)
    parcels = Parcel.objects.filter(round__in=sending, status=Status.IN_REVIEW).order_by("status_since", "pk")
    if show == "all":
        return parcels
    open_ = Approval.objects.filter(subject_kind="parcel", act="review", decision=None)
    ties = open_.filter(against__isnull=False).values("subject")
    if show == "tie":
        return parcels.filter(pk__in=ties)
    me, roles = reader.staff.pk, reader.roles
    mine = open_.filter(Q(proposed_by=me) | Q(also_not_by=me)).values("subject")
    parcels = parcels.exclude(pk__in=mine)
    if Role.COORDINATOR not in roles:
        return parcels.exclude(pk__in=ties)
    return parcels if Role.SCREENER in roles else parcels.filter(pk__in=ties)


def _due(parcels: list[Parcel], reader: Reader) -> list[Due]:
    ids = [parcel.pk for parcel in parcels]
    votes = {
        each.subject: each
        for each in Approval.objects.filter(
            subject_kind="parcel", subject__in=ids, act="review", decision=None
        )
    }
    found: dict[int, list[Finding]] = {}
    findings = Finding.objects.filter(parcel__in=ids).select_related("rule")
    for finding in findings.order_by("-at_number", "line"):
        its = found.setdefault(finding.parcel_id, [])
        if not its or its[0].at_number == finding.at_number:
            its.append(finding)
    return [
        Due(
            parcel,
            list(dict.fromkeys(_named(each) for each in found.get(parcel.pk, ()))),
            *stage(votes.get(parcel.pk), reader, parcel),
        )
        for parcel in parcels
    ]


def _named(finding: Finding) -> str:
    code = finding.code.replace("_", " ").lower()
    return f"{finding.rule.name_en} ({code})" if finding.rule else code


def stage(open_: Approval | None, reader: Reader, parcel: Parcel) -> tuple[str, str, bool]:
    """Return how far the review is, without a word on which way anybody decided; its tone; who may go on."""
    roles = reader.roles
    if open_ is None:
        return "nobody has decided", "home", Role.SCREENER in roles and not parcel.frozen
    if reader.staff.pk in (open_.proposed_by_id, open_.also_not_by_id):
        return "you have decided", "closed", False
    if open_.against_id is not None:
        return "two differ: a coordinator decides", "hard", Role.COORDINATOR in roles and not parcel.frozen
    return "one screener has decided", "look", Role.SCREENER in roles and not parcel.frozen


def ballot(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Show a parcel in review to somebody who may decide, and take their decision."""
    parcel, reader = require_parcel(request, parcel_id), reader_of(request)
    require(reader.may("parcels.review_parcel") and reader.relation(parcel.round_id) is Relation.SENDING)
    if parcel.status != Status.IN_REVIEW:
        messages.info(
            request, f"{parcel.number} is not in review any more: it is {words.STATUS[parcel.status]}."
        )
        return HttpResponseRedirect(reverse("admin:parcels_review"))
    found = list(access.findings(reader.actor, parcel, timezone.now()).select_related("terms"))
    form = BallotForm(
        request.POST if request.method == "POST" else None,
        reasons=_reasons(parcel, found),
        lines=sorted({each.line for each in found if each.line is not None}),
    )
    if request.method == "POST" and form.is_valid() and _vote(request, form, parcel, reader):
        return HttpResponseRedirect(_next(reader))
    return _show(request, form, parcel, reader, found)


def _vote(request: HttpRequest, form: BallotForm, parcel: Parcel, reader: Reader) -> bool:
    told = form.cleaned_data
    try:
        outcome = vote(
            parcel.number,
            told["decision"],
            by=reader.actor,
            now=timezone.now(),
            reason=told["reason"],
            lines=form.ballot(),
        )
    except Refused as refused:
        form.add_error(None, words.why(refused.problem, refused.detail))
        return False
    except NotYours:
        form.add_error(None, "You have decided already, or this is for another role to decide.")
        return False
    status = Parcel.objects.values_list("status", flat=True).get(pk=parcel.pk)
    messages.success(request, f"{parcel.number}: {OUTCOMES[outcome].format(status=words.STATUS[status])}")
    return True


def _next(reader: Reader) -> str:
    """Return the next parcel this reader can decide on, so that a queue is worked without a list between."""
    following = _in_review(reader, "mine").filter(frozen=False).values_list("pk", flat=True).first()
    if following is None:
        return reverse("admin:parcels_review")
    return reverse("admin:parcels_ballot", args=[following])


def _show(
    request: HttpRequest, form: BallotForm, parcel: Parcel, reader: Reader, found: list[Finding]
) -> HttpResponse:
    open_ = Approval.objects.filter(
        subject_kind="parcel", subject=parcel.pk, act="review", decision=None
    ).first()
    keys = {
        key.person_id: vault.unwrap(key.wrapped, row=key.person_id)
        for key in PersonKey.objects.filter(person=parcel.sender_id)
    }
    words_, tone, may = stage(open_, reader, parcel)
    context: dict[str, Any] = {
        "parcel": parcel,
        "form": form,
        "stage": words_,
        "tone": tone,
        "may_decide": may,
        "rows": [
            (row, form[f"line_{row.line.number}"] if row.line.number in form.numbers else None)
            for row in rows(parcel, keys, found)
        ],
        "whole": [worded_finding(each) for each in found if each.line is None],
    }
    return page(
        request, "admin/parcels/ballot.html", f"Review {parcel.number}", context,
        status=400 if form.errors else 200,
    )  # fmt: skip


def _reasons(parcel: Parcel, found: list[Finding]) -> list[tuple[str, str]]:
    """Return what may be given as a reason: what was found first, then every rule of these terms."""
    rules = ContentRule.objects.filter(terms=parcel.round.terms_id).exclude(family_reason_en="")
    named = {rule.reason_code: f"{rule.name_en} ({rule.reason_code})" for rule in rules.order_by("-name_en")}
    named |= {
        code: f"{reason.internal} ({code})"
        for code, reason in reasons.REASONS.items()
        if code not in reasons.INTERNAL and code not in ("BEING_CHECKED", "NO_ITEMS")
    }
    first = [each.code for each in found if each.code in named]
    return [(code, named[code]) for code in dict.fromkeys([*first, *sorted(named, key=named.__getitem__)])]
