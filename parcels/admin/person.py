"""People: found by whole names, opened one at a time, each opening recorded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels import addressees, bell
from parcels.admin import opened
from parcels.admin.parcel_list import initials, people_found
from parcels.admin.person_deeds import DEEDS
from parcels.admin.person_forms import PersonForm, Told, Wrong
from parcels.admin.person_panels import FORMS, Looking, panels, summary
from parcels.admin.reading import reader_of
from people import opening, withholding
from people.actions import Telling, record_people
from people.desk import ReadOnlyDesk, audit, page, require, staff_of
from people.match_desk import also_on_record
from people.models import Person
from people.opening import How
from people.queries import names_of
from people.signin import fresh

# Beside what is told of a person, the page knows one more deed: to open it.
OPEN = "open"


class KindFilter(admin.SimpleListFilter):
    title, parameter_name = "kind", "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Person.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class KeptBackFilter(admin.SimpleListFilter):
    """For officers: of whom something is kept from the family that somebody has to look at again."""

    title, parameter_name = "kept from the family", "kept"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "to look at again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ours = reader_of(request).organisation
        if self.value() != "due" or ours is None:
            return queryset
        due = withholding.due_for_review(ours, timezone.localdate())
        return queryset.filter(pk__in=due.order_by().values("person"))


@admin.register(Person)
class PersonAdmin(ReadOnlyDesk):
    list_display = ("reference", "kind", "name", "organisation", "recorded_at")
    list_select_related = ("organisation",)
    search_fields = ("reference",)
    search_help_text = "Whole names in either script, or a reference"
    sortable_by = ("recorded_at",)
    ordering = ("-pk",)

    def mine(self, request: HttpRequest) -> Q:
        return addressees.listed(reader_of(request).actor)

    def get_list_filter(self, request: HttpRequest) -> Any:
        officer = reader_of(request).may("people.view_situationevent")
        return (KindFilter, KeptBackFilter) if officer else (KindFilter,)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return request is not None and lookup in {
            each.parameter_name for each in self.get_list_filter(request)
        }

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """:raises Http404: if they do not meet this person"""
        met = Person.objects.filter(addressees.opened(reader_of(request).actor)).select_related(
            "organisation"
        )
        if not object_id.isascii() or not object_id.isdigit() or len(object_id) > 18:
            raise Http404
        found = met.filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return reader_of(request).may("people.add_person")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(self.has_add_permission(request))
        form = PersonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return HttpResponseRedirect(_page_of(_recorded(request, form.cleaned_data)))
        context = {"form": form}
        return page(
            request, "admin/people/add.html", "Record a person", context, status=400 if form.errors else 200
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        person = self.get_object(request, object_id)
        looking = Looking(reader_of(request), person)
        require(looking.seen.identity)
        wrong: Told | None = None
        asking = opened.PurposeForm(request.POST if request.POST.get("deed") == OPEN else None)
        if asking.is_valid():
            fresh.require(request)
            opened.open_for(request, "person", person.pk, asking.cleaned_data["purpose"])
            return HttpResponseRedirect(_page_of(person.pk))
        if asking.is_bound:
            return _ask(request, person, asking)
        if request.method == "POST":
            wrong = _told(request, looking)
            if wrong is None:
                return HttpResponseRedirect(_page_of(person.pk))
        purpose = opened.purpose_of(request, "person", person.pk)
        if not purpose:
            return _ask(request, person, asking)
        also = also_on_record(person, looking.reader.organisation)
        shown = [person.pk, *(each.person.pk for each in also.records)]
        opening.opened(looking.reader.actor, shown, How.PAGE, purpose)
        forms = looking.forms() | ({wrong.deed: wrong} if wrong else {})
        context = {
            "person": person,
            "summary": summary(looking),
            "also": also,
            "panels": panels(looking),
            "forms": forms,
            "form": wrong,
        }
        title = f"{person.get_kind_display().capitalize()} {person.reference}"
        return page(request, "admin/people/person.html", title, context, status=400 if wrong else 200)


def _ask(request: HttpRequest, person: Person, asking: opened.PurposeForm) -> HttpResponse:
    """Ask what the record is opened for, and show until then what lists show."""
    title = f"{person.get_kind_display().capitalize()} {person.reference}"
    masked = initials(names_of([person.pk]).get(person.pk, ""))
    context = {"person": person, "initials": masked, "form": asking}
    status = 400 if asking.errors else 200
    return page(request, "admin/people/ask.html", title, context, status=status)


def _page_of(pk: int) -> str:
    return reverse("admin:people_person_change", args=[pk])


def _recorded(request: HttpRequest, told: dict[str, str]) -> int:
    """Record one who is not known yet; a known one, by what makes two tellings one person, is found."""
    kept = {key: value or None for key, value in told.items() if key not in ("kind", "name")}
    with transaction.atomic():
        (known,) = record_people(
            [Telling(told["kind"], told["name"], **kept)],  # type: ignore[arg-type]
            organisation_id=reader_of(request).actor.organisation_id,
            now=timezone.now(),
        )
        audit(staff_of(request), "record_person", "person", [known.id])
    messages.success(request, "On record.")
    return known.id


def _told(request: HttpRequest, looking: Looking) -> Told | None:
    """Do what a form of the page asks; return the form where it could not be done.

    :raises PermissionDenied: for a form that this reader does not have
    """
    deed = request.POST.get("deed", "situation")
    form = FORMS[deed](looking, request.POST) if deed in FORMS else None
    if form is None:
        raise PermissionDenied
    if not form.is_valid():
        return form
    try:
        said = DEEDS[deed](looking.person, form.cleaned_data, looking.reader.actor, timezone.now())
    except Wrong as wrong:
        form.add_error(wrong.field, str(wrong))
        return form
    if deed == "situation":
        bell.ring("follow")
    messages.success(request, said)
    return None
