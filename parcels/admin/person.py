"""People: found by whole names, opened one at a time, each opening recorded."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels import bell
from parcels.admin.parcel_list import initials, people_found
from parcels.admin.reading import reader_of
from parcels.models import Parcel
from people import approvals, situations
from people.desk import ReadOnlyDesk, audit, page, require, staff_of
from people.models import Approval, Fact, Organisation, Person, PersonKey, SituationEvent
from people.queries import facts_of, names_of


class SituationForm(forms.Form):
    situation = forms.ChoiceField(choices=[("", "—"), *SituationEvent.Situation.choices])
    happened_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))
    stated_by = forms.ChoiceField(label="Stated by", choices=[("", "—"), *SituationEvent.StatedBy.choices])
    source = forms.ModelChoiceField(
        label="Whose word it is", queryset=Organisation.objects.order_by("name_en"), empty_label="—"
    )
    document = forms.CharField(
        label="Paper it stands on", max_length=120, required=False, help_text="A reference, no names."
    )

    def clean_happened_on(self) -> Any:
        on = self.cleaned_data["happened_on"]
        if on > timezone.localdate():
            raise forms.ValidationError("This day has not come yet.")
        return on


@admin.register(Person)
class PersonAdmin(ReadOnlyDesk):
    list_display = ("reference", "kind", "name", "organisation", "recorded_at")
    list_select_related = ("organisation",)
    search_fields = ("reference",)
    search_help_text = "Whole names in either script, or a reference"
    sortable_by = ("recorded_at",)
    ordering = ("-pk",)

    def mine(self, request: HttpRequest) -> Q:
        """Their own office's records, and the addressees of parcels in their rounds."""
        reader = reader_of(request)
        addressed = Parcel.objects.filter(reader.theirs, recipient=OuterRef("pk"))
        return Q(organisation=reader.organisation) | Q(Exists(addressed))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (queryset.filter(pk__in=people_found(text)) if text else queryset), False

    @admin.display(description="name")
    def name(self, person: Person) -> str:
        return getattr(person, "initials", "")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        people = list(found.result_list)
        names = names_of(person.pk for person in people)
        for person in people:
            person.initials = initials(names.get(person.pk, ""))
        found.result_list = people
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        person = self.get_object(request, object_id)
        may_add = reader_of(request).may("people.add_situationevent")
        is_prisoner = person.kind == Person.Kind.PRISONER
        form = SituationForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            require(may_add and is_prisoner)
            if form.is_valid() and _record(request, form, person):
                return HttpResponseRedirect(reverse("admin:people_person_change", args=[person.pk]))
        audit(staff_of(request), "open_person", "person", [person.pk])
        context = {
            "person": person,
            "facts": _facts(person),
            "events": person.situation_events.select_related("source", "recorded_by").order_by("-pk"),
            "form": form if may_add and is_prisoner else None,
            "parcels": Parcel.objects.filter(reader_of(request).theirs)
            .filter(Q(recipient=person) | Q(sender=person))
            .order_by("-pk")[:50],
        }
        title = f"{person.get_kind_display().capitalize()} {person.reference}"
        return page(request, "admin/people/person.html", title, context, status=400 if form.errors else 200)


def _facts(person: Person) -> list[tuple[str, str, Fact]] | None:
    """Return every fact, newest first; None once they were erased."""
    try:
        facts = facts_of(person)
    except PersonKey.DoesNotExist:
        return None
    return [
        (fact.kind.replace("_", " "), _contact(text) if fact.kind == Fact.Kind.CONTACT else text, fact)
        for fact, text in facts
    ]


def _contact(text: str) -> str:
    return ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in json.loads(text).items())


def _record(request: HttpRequest, form: SituationForm, person: Person) -> bool:
    told = form.cleaned_data
    try:
        made = situations.record(
            person,
            told["situation"],
            told["happened_on"],
            told["stated_by"],
            source_id=told["source"].pk,
            document=told["document"],
            by=reader_of(request).actor,
            now=timezone.now(),
        )
    except situations.PaperMissing:
        form.add_error("document", "Name the paper on which this was stated.")
    except approvals.NotOpen:
        form.add_error(None, "A situation of this person waits for a second officer already.")
    else:
        waits = isinstance(made, Approval)
        bell.ring("follow")
        messages.success(request, "Proposed. It waits for a second officer." if waits else "Recorded.")
        return True
    return False
