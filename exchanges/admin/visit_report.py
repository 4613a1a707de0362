"""The report of a visit, entered in one go, and what became of its letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from exchanges import actions
from exchanges.actions import LetterChange, NotPossible, ToldReport
from exchanges.actions.visit_reports import WORDS
from exchanges.admin import visit_people
from exchanges.admin.visit_forms import LetterForm, MetForm, ReportForm
from exchanges.admin.visit_page import found, url
from exchanges.models import Visit, VisitLetter, VisitPerson, VisitReport
from people import vault
from people.actors import Actor
from people.desk import audit, page, require, staff_of
from people.models import Person
from people.queries import keys_of, names_of


def report(request: HttpRequest, visit_id: int) -> HttpResponse:
    visit, by, sight = found(request, visit_id)
    require(sight.word)
    data = request.POST if request.method == "POST" else None
    form, met = ReportForm(data), _met(visit, data)
    if data is not None and _are_valid([form, *met]):
        try:
            _keep(visit, form, met, by)
        except NotPossible as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "The report is kept. What it says of parcels is followed now.")
            return HttpResponseRedirect(url(visit))
    audit(staff_of(request), "open_visit_report", "visit", [visit.pk])
    is_wrong = bool(form.errors or any(each.errors for each in met))
    context = {
        "visit": visit,
        "form": form,
        "met": met,
        "wrong": is_wrong,
        "wrong_ones": [each for each in met if each.errors],
        "may": visit.status in (Visit.Status.HELD, Visit.Status.REPORTED),
        "told": _told(visit),
    }
    return page(
        request, "admin/exchanges/visit_report.html", f"Report of visit {visit.reference}", context,
        status=400 if is_wrong else 200,
    )  # fmt: skip


def _are_valid(forms: Sequence[Form]) -> bool:
    """Whether all are; each says what is wrong with it."""
    found = [each.is_valid() for each in forms]
    return all(found)


def _met(visit: Visit, data: Any) -> list[MetForm]:
    people = visit.people.filter(part=VisitPerson.Part.PRISONER).values_list("person", flat=True)
    names = names_of(people)
    named = sorted((names.get(person, "erased"), person) for person in people)
    return [MetForm(data, person_id=person, name=name) for name, person in named]


def _keep(visit: Visit, form: ReportForm, met: list[MetForm], by: Actor) -> VisitReport:
    told, people = form.cleaned_data, [each.told() for each in met]
    if visit.status == Visit.Status.REPORTED:
        people = [each for each in people if each.seen]  # what is added to a report
    return actions.report_visit(
        visit,
        ToldReport(told["once"], told["in_private"], people, told["letters_given"], told["letters_received"]),
        by=by,
        now=timezone.now(),
    )


def _told(visit: Visit) -> list[tuple[VisitReport, list[tuple[str, Any, str]]]]:
    """Return the reports, each with (name, what was told, own words) of its prisoners."""
    reports = list(visit.reports.select_related("staff").prefetch_related("people__parcels").order_by("pk"))
    people = [each.person_id for report in reports for each in report.people.all()]
    names, keys = names_of(people), keys_of(people)

    def words(told: Any) -> str:
        key = keys.get(told.person_id)
        return (
            vault.unseal(key, told.sealed_words, place=WORDS, row=told.pk)
            if key and told.sealed_words
            else ""
        )

    return [
        (
            report,
            sorted(
                ((names.get(each.person_id, "erased"), each, words(each)) for each in report.people.all()),
                key=lambda told: told[0],
            ),
        )
        for report in reports
    ]


def letters(request: HttpRequest, visit_id: int) -> HttpResponse:
    visit, by, sight = found(request, visit_id)
    require(sight.word and sight.acts)
    data = request.POST if request.method == "POST" else None
    forms = _letter_forms(visit, data)
    if data is not None and _are_valid(forms):
        try:
            changes = _changes(request, forms)
            count = actions.change_letters(visit, changes, by=by, now=timezone.now())
        except NotPossible as why:
            messages.error(request, str(why))
        except Http404:
            pass  # the form says beside which letter
        else:
            messages.success(request, f"{count} letter{'' if count == 1 else 's'} changed.")
            return HttpResponseRedirect(url(visit))
    audit(staff_of(request), "open_visit_letters", "visit", [visit.pk])
    wrong = any(each.errors for each in forms)
    context = {"visit": visit, "forms": forms, "wrong": wrong}
    return page(
        request, "admin/exchanges/visit_letters.html", f"Letters of visit {visit.reference}", context,
        status=400 if wrong else 200,
    )  # fmt: skip


def _letter_forms(visit: Visit, data: Any) -> list[LetterForm]:
    rows = list(visit.letters.select_related("from_person", "to_person").order_by("direction", "pk"))
    names = names_of(end.pk for each in rows for end in _ends(each) if end is not None)
    made = []
    for each in rows:
        prisoner, other = _ends(each)
        name = names.get(prisoner.pk, "erased") if prisoner else ""
        reference = other.reference if other else ""
        made.append(LetterForm(data, letter=each, prisoner=name, other=reference))
    return made


def _ends(letter: VisitLetter) -> tuple[Person | None, Person | None]:
    """Return the prisoner and the relative."""
    if letter.direction == VisitLetter.Direction.GIVEN:
        return letter.to_person, letter.from_person
    return letter.from_person, letter.to_person


def _changes(request: HttpRequest, forms: list[LetterForm]) -> dict[int, LetterChange]:
    """:raises Http404: where a reference is nobody's that they may see; the form says so"""
    references = {each.cleaned_data["other"] for each in forms} - {""}
    people = visit_people.by_references(request, references, Person.Kind.SENDER)
    changes, unknown = {}, False
    for each in forms:
        told = each.cleaned_data
        _, before = _ends(each.letter)
        other = people.get(told["other"])
        if told["other"] and other is None and before is not None and before.reference == told["other"]:
            other = before
        if told["other"] and other is None:
            each.add_error("other", "No relative of this reference.")
            unknown = True
        changes[each.letter.pk] = LetterChange(told["read"], told["outcome"], other.pk if other else None)
    if unknown:
        raise Http404
    return changes
