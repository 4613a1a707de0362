"""What waits for a second person: shown to those who may decide it, never decided by who proposed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import IN_FORCE, NotPossible
from exchanges.models import Round, Terms
from parcels import bell, erasing, slips
from parcels.actions import Refused
from parcels.admin import words
from parcels.admin.reading import Reader, reader_of
from parcels.models import Parcel
from people import approvals, requests
from people.actors import Actor
from people.desk import page, require
from people.models import (
    Approval,
    Client,
    Grant,
    ListComparison,
    Organisation,
    Person,
    PossibleMatch,
    RightsRequest,
)
from people.retention import RULES
from people.situations import SITUATION
from people.withholding import LET_GO

_MOST = 200
_OVER = (Round.Status.HANDED_OVER, Round.Status.REPORTED, Round.Status.CANCELLED)
# What a confirmed act makes due; else what waits for a status may have become legal.
_MADE_DUE = {IN_FORCE: "recheck", "correct": "screen", erasing.ERASE: "erase"}
_REASONS = (
    ("not_enough", "not enough is known"),
    ("mistaken", "it is a mistake"),
    ("changed", "something has changed since"),
    ("not_now", "not now"),
)


class Act(NamedTuple):
    """A proposal in words. Staff of another organisation are not named."""

    approval: Approval
    what: str
    url: str
    """Empty where its page is for managers alone."""
    about: str
    details: list[tuple[str, str]]
    mine: bool
    by: str


def waiting_acts(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    require(reader.may("people.view_approval"))
    open_ = list(
        open_acts(reader).select_related("proposed_by", "organisation").order_by("proposed_at")[:_MOST]
    )
    context = {
        "acts": _acts(open_, reader),
        "reasons": _REASONS,
        "may_decide": reader.may("people.change_approval"),
        "printable": _printable(reader),
    }
    return page(request, "admin/parcels/waiting.html", "Waiting for a second person", context)


def _printable(reader: Reader) -> QuerySet[Round]:
    """Return the rounds of which an officer may propose to print the slips."""
    rounds = Round.objects.filter(sending=reader.organisation).exclude(status__in=_OVER)
    return rounds.order_by("-opens_on") if reader.may("people.change_approval") else rounds.none()


def propose_print(request: HttpRequest) -> HttpResponse:
    """Propose one print of a round's slips; whoever prints then names the approval."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reader = reader_of(request)
    require(reader.may("people.change_approval"))
    round_ = _printable(reader).filter(reference=request.POST.get("round", "")).first()
    if round_ is None:
        raise Http404
    try:
        slips.propose(round_, by=reader.actor, now=timezone.now())
        messages.success(request, "Proposed. Another officer confirms it.")
    except approvals.NotOpen:
        messages.info(request, "This is proposed already.")
    return HttpResponseRedirect(reverse("admin:parcels_waiting"))


def open_acts(reader: Reader) -> QuerySet[Approval]:
    """Return open acts of their organisations, and those two organisations may do together.

    Reviews are not among them: a screener decides without knowing what another did.
    """
    return _theirs(reader).filter(decision=None)


def _theirs(reader: Reader) -> QuerySet[Approval]:
    parcels = Parcel.objects.filter(reader.theirs).values("pk")
    terms = Terms.objects.filter(agreement__signatories=reader.organisation).values("pk")
    # What became of a person is for officers alone.
    not_theirs = ["review"] if reader.may("people.view_situationevent") else ["review", SITUATION, LET_GO]
    return (
        approvals.listed()
        .exclude(act__in=not_theirs)
        .filter(
            Q(organisation=reader.organisation)
            | Q(act="correct", subject_kind="parcel", subject__in=parcels)
            | Q(act=IN_FORCE, subject__in=terms)
        )
    )


def _acts(open_: list[Approval], reader: Reader) -> list[Act]:
    def subjects(kind: str) -> list[int]:
        return [each.subject for each in open_ if each.subject_kind == kind]

    parcels = Parcel.objects.in_bulk(subjects("parcel"))
    terms = Terms.objects.select_related("agreement").in_bulk(subjects("terms"))
    people = Person.objects.in_bulk(subjects("person"))
    rounds = Round.objects.in_bulk(subjects("round"))
    kinds: dict[str, Mapping[int, Any]] = {
        "parcel": parcels,
        "terms": terms,
        "person": people,
        "round": rounds,
        "match": PossibleMatch.objects.in_bulk(subjects("match")),
        "comparison": ListComparison.objects.select_related("ours", "theirs").in_bulk(subjects("comparison")),
        "request": RightsRequest.objects.in_bulk(subjects("request")),
        "retention": {place: rule.what for place, rule in enumerate(RULES.values())},
        "grant": Grant.objects.select_related("staff", "client", "organisation").in_bulk(subjects("grant")),
        "client": Client.objects.in_bulk(subjects("client")),
    }
    organisations = {each.pk: each for each in Organisation.objects.all()}
    acts = []
    for each in open_:
        found = kinds[each.subject_kind].get(each.subject)
        acts.append(
            Act(
                each,
                words.ACT.get(each.act, each.act),
                _url(each),
                f"{found} to {found.who}" if isinstance(found, Grant) else str(found or ""),
                _details(each.details, organisations),
                each.proposed_by_id == reader.staff.pk,
                str(each.proposed_by) if each.organisation_id == reader.organisation else "an officer",
            )
        )
    return acts


def _url(approval: Approval) -> str:
    pages = {
        "parcel": "admin:parcels_parcel_change",
        "terms": "admin:parcels_terms_preview",
        "person": "admin:people_person_change",
        "round": "admin:exchanges_round_change",
        "match": "admin:people_possiblematch_change",
        "comparison": "admin:people_listcomparison_change",
        "request": "admin:people_rightsrequest_change",
    }
    if approval.subject_kind == "retention":
        return reverse("admin:people_retentionperiod_changelist")
    found = pages.get(approval.subject_kind)
    return reverse(found, args=[approval.subject]) if found else ""


def _details(details: dict[str, Any], organisations: dict[int, Organisation]) -> list[tuple[str, str]]:
    return [
        (
            key.removesuffix("_id").replace("_", " "),
            str(organisations.get(value, value)) if key.endswith("_id") else _text(value),
        )
        for key, value in details.items()
    ]


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, int) for each in value):
        return str(len(value))  # rows, which nobody knows by their ids
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    return str(value).replace("_", " ")


def decide(request: HttpRequest, approval_id: int) -> HttpResponse:
    """Confirm a proposal, and with it carry it out; or reject it, with a reason."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reader = reader_of(request)
    require(reader.may("people.change_approval"))
    approval = open_acts(reader).filter(pk=approval_id).first()
    if approval is None:
        if not _theirs(reader).filter(pk=approval_id).exists():
            raise Http404
        messages.info(request, "This was decided meanwhile.")
    else:
        _decide(request, approval, reader.actor)
    return HttpResponseRedirect(reverse("admin:parcels_waiting"))


def _decide(request: HttpRequest, approval: Approval, by: Actor) -> None:
    what, now = words.ACT.get(approval.act, approval.act), timezone.now()
    try:
        if request.POST.get("decision") == "confirm":
            approvals.confirm(approval.pk, by=by, now=now)
            messages.success(request, _done(approval, what))
            bell.ring(_MADE_DUE.get(approval.act, "follow"))
        else:
            reason = request.POST.get("reason", "")
            if reason not in dict(_REASONS):
                messages.error(request, "Say why it is rejected.")
                return
            approvals.reject(approval.pk, by=by, reason=reason, now=now)
            messages.success(request, f"Rejected: {what}.")
    except approvals.NotYours:
        messages.error(
            request, "Who proposed it, or is given it, cannot decide it, nor can other roles than officers."
        )
    except approvals.NotOpen:
        messages.info(request, "This was decided meanwhile.")
    except Refused as refused:
        messages.error(request, f"Nothing was done. {words.why(refused.problem, refused.detail)}")
    except (NotPossible, requests.NotPossible) as why:
        messages.error(request, f"Nothing was done. {why}")


def _done(approval: Approval, what: str) -> str:
    if approval.act == slips.PRINT:
        return f"Confirmed: {what}. Print them with receipts print … --approval {approval.pk}"
    return f"Confirmed and done: {what}."
