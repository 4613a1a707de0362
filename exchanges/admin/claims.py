"""Claims: what is said by whom, how it is held to stand, and every side's account of one subject in time."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from exchanges import access, actions, lifecycle
from exchanges.actions import PARCEL_NUMBER, Subject
from exchanges.admin.asking import tried
from exchanges.admin.claim_forms import AssessForm, ClaimForm, StatementForm
from exchanges.admin.fields import ChoiceFilter
from exchanges.desk import Steps, standing
from exchanges.models import Claim, Count, Return
from exchanges.queries import claims_about, notes_of, speaker_of, words_of
from people import rights
from people.actors import Actor
from people.desk import audit, page, require, staff_of
from people.models import Organisation, Person
from people.queries import names_of
from people.signin import fresh

_WORDS: Final = {
    "supported": "It is supported", "disputed": "It is disputed", "unresolved": "It stays unresolved",
    "withdrawn": "It was withdrawn",
}  # fmt: skip


class StandingFilter(ChoiceFilter):
    title, parameter_name, choices_of = "standing", "status", Claim.Status.choices


class KindFilter(ChoiceFilter):
    title, parameter_name, choices_of = "kind", "kind", Claim.Kind.choices


class SpeakerFilter(ChoiceFilter):
    title, parameter_name = "stated by", "stated_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only those who say something that this member of staff may read."""
        speakers = model_admin.get_queryset(request).order_by().values("stated_by")
        found = Organisation.objects.filter(pk__in=speakers).order_by("name_en")
        return [(str(each.pk), str(each)) for each in found]


@admin.register(Claim)
class ClaimAdmin(Steps):
    list_display = ("reference", "said_on", "kind", "about", "speaker", "status_shown", "published_on")
    change_list_template = "admin/exchanges/asked_list.html"
    list_filter = (StandingFilter, KindFilter, SpeakerFilter)
    search_fields = (
        "reference__exact",
        "parcel__exact",
        "person__reference__exact",
        "group__reference__exact",
    )
    search_help_text = "The whole reference of a claim, a person or a return, or a parcel's number"
    ordering = ("-said_on", "-pk")
    sortable_by = ("said_on", "published_on")

    def mine(self, request: HttpRequest) -> Q:
        offices = rights.organisations(staff_of(request), "exchanges.view_claim")
        return access.claims(offices, offices)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person", "group", "count__group", "stated_by")

    @admin.display(description="standing")
    def status_shown(self, row: Claim) -> SafeString:
        return standing(row)

    @admin.display(description="about")
    def about(self, claim: Claim) -> str:
        return _called(actions.subject_of(claim))

    @admin.display(description="stated by")
    def speaker(self, claim: Claim) -> str:
        return speaker_of(claim)

    def steps(self, row: Claim) -> list[tuple[str, str]]:
        return [(step, _WORDS[step]) for step in lifecycle.CLAIM.steps.get(row.status, ()) if step in _WORDS]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("timeline/", view(self.timeline_view), name="exchanges_claim_timeline"),
            path("<int:pk>/correct/", view(self.correct_view), name="exchanges_claim_correct"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        return self._page(request, self._claim(request, object_id), AssessForm(), StatementForm(prefix="new"))

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        claim, form = self._claim(request, str(pk)), AssessForm(request.POST)
        standing = request.POST.get("step", "")
        if form.is_valid() and tried(form, lambda now: actions.assess_claim(
            claim, standing, **form.cleaned_data, by=_by(request, claim.organisation_id), now=now
        )):  # fmt: skip
            messages.success(request, "Recorded, with the reason.")
            return HttpResponseRedirect(_address(claim))
        return self._page(request, claim, form, StatementForm(prefix="new"))

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        claim, form = self._claim(request, str(pk)), StatementForm(request.POST, prefix="new")
        if form.is_valid() and (made := tried(form, lambda now: actions.correct_claim(
            claim, form.statement(), by=_by(request, claim.organisation_id), now=now
        ))):  # fmt: skip
            messages.success(
                request, "The correction is recorded; what was said first stands as it was said."
            )
            return HttpResponseRedirect(_address(made))
        return self._page(request, claim, AssessForm(), form)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Record a claim; with `answers`, one that answers another about the same."""
        require(self.has_add_permission(request))
        answers = self._answered(request)
        about = _reference(actions.subject_of(answers)) if answers else request.GET.get("about", "")
        form: Any = StatementForm(request.POST or None) if answers else ClaimForm(
            request.POST or None, initial={"about": about}
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            subject = (
                actions.subject_of(answers) if answers else _subject(request, form.cleaned_data["about"])
            )
            if subject is None:
                form.add_error("about", "Nothing that you may read has this reference or number.")
            elif made := tried(form, lambda now: actions.record_claim(
                subject, form.statement(), answers=answers, by=_by(request, _office(subject)), now=now
            )):  # fmt: skip
                messages.success(request, "The claim is recorded as reported.")
                return HttpResponseRedirect(_address(made))
        title = f"A claim that answers {answers.reference}" if answers else "A new claim"
        context = {"form": form, "back": reverse("admin:exchanges_claim_changelist")}
        return page(request, "admin/exchanges/tell.html", title, context, status=400 if form.errors else 200)

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        require(self.has_view_permission(request))
        about = request.GET.get("about", "")
        subject = _subject(request, about)
        if subject is None or isinstance(subject, Count):
            raise Http404
        by = _by(request, _office(subject))
        _record_look(request, "read_claims", subject)
        context = {"timeline": claims_about(subject, for_=by), "subject": subject, "about": about}
        return page(
            request, "admin/exchanges/timeline_page.html", f"Claims about {_called(subject)}", context
        )

    def _answered(self, request: HttpRequest) -> Claim | None:
        reference = request.GET.get("answers", "")
        if not reference:
            return None
        found: Claim | None = self.get_queryset(request).filter(reference=reference).first()
        if found is None:
            raise Http404
        return found

    def _claim(self, request: HttpRequest, object_id: str) -> Claim:
        require(self.has_change_permission(request))
        claim: Claim = self.get_object(request, object_id)
        return claim

    def _page(
        self, request: HttpRequest, claim: Claim, form: AssessForm, correct: StatementForm
    ) -> HttpResponse:
        audit(staff_of(request), "open_claim", "claim", [claim.pk])
        offices = rights.organisations(staff_of(request), "exchanges.view_claim")
        seen = self.get_queryset(request)
        context = {
            "claim": claim,
            "badge": self.status_shown(claim),
            "words": words_of([claim])[claim.pk],
            "speaker": speaker_of(claim),
            "about": self.about(claim),
            "name": names_of([claim.person_id]).get(claim.person_id, "") if claim.person_id else "",
            "address": _reference(actions.subject_of(claim)),
            "steps": self.steps(claim),
            "form": form,
            "may_correct": lifecycle.CLAIM.allows(claim.status, Claim.Status.CORRECTED),
            "correct": correct,
            "assessments": notes_of(claim, offices),
            "answers": seen.filter(pk=claim.answers_id or 0).first(),
            "answered_by": list(seen.filter(answers=claim).order_by("said_on", "pk")),
            "corrects": seen.filter(pk=claim.corrects_id or 0).first(),
            "corrected_by": seen.filter(corrects=claim).first(),
        }
        status = 400 if form.errors or correct.errors else 200
        return page(request, "admin/exchanges/claim.html", f"Claim {claim.reference}", context, status=status)


def _address(claim: Claim) -> str:
    return reverse("admin:exchanges_claim_change", args=[claim.pk])


def _by(request: HttpRequest, preferred: int) -> Actor:
    """Return them as acting for the preferred office where they may, else for their first."""
    mine = rights.organisations(staff_of(request), "exchanges.change_claim")
    require(bool(mine))
    return fresh.actor_of(request, preferred if preferred in mine else min(mine))


def _subject(request: HttpRequest, about: str) -> Subject | None:
    """Return what a reference or a number means to this member of staff: what is not theirs means nothing."""
    text, offices = about.strip(), rights.organisations(staff_of(request), "exchanges.view_claim")
    if re.fullmatch(PARCEL_NUMBER, text):
        return text
    if not text.isprintable():
        return None
    theirs = Return.objects.filter(access.concerned(offices))
    group = theirs.select_related("from_organisation", "to_organisation", "intermediary")
    if found := group.filter(reference=text).first():
        return found
    people = Person.objects.filter(
        Q(organisation__in=offices) | Q(pk__in=theirs.values("persons__person")), reference=text
    )
    return people.first()


def _office(subject: Subject) -> int:
    """Return for which office one acts who acts for several."""
    if isinstance(subject, Return):
        return subject.organisation_id
    if isinstance(subject, Count):
        return subject.group.organisation_id
    return subject.organisation_id if isinstance(subject, Person) else 0


def _called(subject: Subject) -> str:
    if isinstance(subject, Count):
        return f"the number {subject.number} of return {subject.group.reference}"
    if isinstance(subject, Person):
        kind = "displaced civilian" if subject.kind == Person.Kind.EVACUEE else subject.kind
        return f"{kind} {subject.reference}"
    return f"parcel {subject}" if isinstance(subject, str) else f"return {subject.reference}"


def _reference(subject: Subject) -> str:
    if isinstance(subject, Count):
        return subject.group.reference
    return subject if isinstance(subject, str) else subject.reference


def _record_look(request: HttpRequest, act: str, subject: Subject) -> None:
    """Words about persons were opened; what is said of a parcel is about none."""
    if isinstance(subject, Person | Return):
        kind = "person" if isinstance(subject, Person) else "return"
        audit(staff_of(request), act, kind, [subject.pk])
