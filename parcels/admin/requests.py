"""What people asked about their own data: each with its deadline, and what may be done about it now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels import erasing, subject_file
from parcels.admin.reading import Reader, reader_of
from people import approvals, requests, rights
from people.desk import ReadOnlyDesk, page, require, staff_of
from people.models import Approval, RightsRequest
from people.requests import NotPossible

_LANGUAGES = (("uk", "Українська"), ("ru", "Русский"), ("en", "English"))


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("late", "late"), ("again", "to take up again"), ("ended", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(outcome=None)
            case "late":
                return queryset.filter(outcome=None, due_at__lt=timezone.now())
            case "ended":
                return queryset.exclude(outcome=None)
            case "again":
                again = erasing.can_be_erased_now(reader_of(request).organisation)
                return queryset.filter(pk__in=again.order_by().values("pk"))
        return queryset


@admin.register(RightsRequest)
class RightsRequestAdmin(ReadOnlyDesk):
    list_display = ("reference", "kind", "received_at", "due_at", "state")
    list_filter = (StateFilter,)
    ordering = ("-pk",)
    sortable_by = ("received_at", "due_at")

    def mine(self, request: HttpRequest) -> Q:
        return Q(organisation__in=rights.organisations(staff_of(request), "people.view_rightsrequest"))

    @admin.display(description="state")
    def state(self, asked: RightsRequest) -> str:
        return state(asked, timezone.now())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        asked = self.get_object(request, object_id)
        reader = reader_of(request)
        if request.method == "POST":
            return _do(request, asked, reader)
        may_act = asked.organisation_id == reader.organisation and reader.may("people.change_rightsrequest")
        return _show(request, asked, may_act)


def state(asked: RightsRequest, now: datetime) -> str:
    if asked.outcome:
        return f"{asked.get_outcome_display()}, {asked.get_reason_display()}".removesuffix(", ")
    if asked.decided_under_id:
        return "decided, being erased"
    return "late" if asked.due_at < now else "open"


def _show(request: HttpRequest, asked: RightsRequest, may_act: bool) -> HttpResponse:
    now = timezone.now()
    is_open = asked.outcome is None and asked.decided_under_id is None
    found = erasing.reach(asked.person) if asked.kind == "erasure" and is_open and may_act else None
    proposals = Approval.objects.filter(subject_kind=requests.SUBJECT, subject=asked.pk)
    context = {
        "asked": asked,
        "state": state(asked, now),
        "is_open": is_open,
        "may_act": may_act,
        "reach": found,
        "waiting": proposals.filter(decision=None).first(),
        "usable": subject_file.usable(asked) if asked.kind == "access" and may_act else None,
        "reasons": RightsRequest.Reason.choices,
        "languages": _LANGUAGES,
        "late": asked.outcome is None and asked.due_at < now,
    }
    return page(request, "admin/parcels/request.html", f"Request {asked.reference}", context)


class _RefusalForm(forms.Form):
    reason = forms.ChoiceField(choices=RightsRequest.Reason.choices)


class _ErasureForm(forms.Form):
    also = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, data: Any, entries: list[int]) -> None:
        super().__init__(data)
        self.fields["also"].choices = [(pk, pk) for pk in entries]  # type: ignore[attr-defined]


class _FileForm(forms.Form):
    language = forms.ChoiceField(choices=_LANGUAGES)


def _do(request: HttpRequest, asked: RightsRequest, reader: Reader) -> HttpResponse:
    """Do what a form of the page asks, and say what came of it.

    :raises PermissionDenied: to who may only look
    """
    deed = _DEEDS.get(request.POST.get("deed", ""))
    if deed is None or not reader.may("people.change_rightsrequest"):
        raise PermissionDenied
    try:
        answer = deed(request, asked, reader, timezone.now())
    except approvals.NotYours:
        raise PermissionDenied from None
    except approvals.NotOpen:
        messages.info(request, "This waits for a second officer already.")
    except (NotPossible, approvals.NotApproved) as why:
        messages.error(request, f"Nothing was done. {why}")
    else:
        if isinstance(answer, HttpResponse):
            return answer
        messages.success(request, answer)
    return HttpResponseRedirect(reverse("admin:people_rightsrequest_change", args=[asked.pk]))


def _erase(request: HttpRequest, asked: RightsRequest, reader: Reader, now: datetime) -> str:
    uncertain = [entry.pk for entry in erasing.reach(asked.person).uncertain]
    form = _ErasureForm(request.POST, uncertain)
    if not form.is_valid():
        raise NotPossible("Tick only what is shown.")
    erasing.propose_erasure(asked, form.cleaned_data["also"], by=reader.actor, now=now)
    return "Proposed. Another officer confirms it; it is done within seconds then."


def _refuse(request: HttpRequest, asked: RightsRequest, reader: Reader, now: datetime) -> str:
    form = _RefusalForm(request.POST)
    if not form.is_valid():
        raise NotPossible("Say why.")
    requests.propose_refusal(asked, form.cleaned_data["reason"], by=reader.actor, now=now)
    return "Proposed. Another officer confirms it."


def _corrected(request: HttpRequest, asked: RightsRequest, reader: Reader, now: datetime) -> str:
    requests.corrected(asked, by=reader.actor, now=now)
    return "Done: what is right stands beside what was told before."


def _propose_file(request: HttpRequest, asked: RightsRequest, reader: Reader, now: datetime) -> str:
    subject_file.propose(asked, by=reader.actor, now=now)
    return "Proposed. Another officer confirms it; then either of you may take it, once."


def _take_file(request: HttpRequest, asked: RightsRequest, reader: Reader, now: datetime) -> HttpResponse:
    form = _FileForm(request.POST)
    if not form.is_valid():
        raise NotPossible("Choose a language.")
    made = subject_file.hand_out(asked, form.cleaned_data["language"], by=reader.actor, now=now)
    return HttpResponse(
        made,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{asked.reference}.zip"'},
    )


_DEEDS: dict[str, Callable[[HttpRequest, RightsRequest, Reader, datetime], str | HttpResponse]] = {
    "erase": _erase,
    "refuse": _refuse,
    "corrected": _corrected,
    "propose_file": _propose_file,
    "take_file": _take_file,
}
