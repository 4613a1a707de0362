"""Places of detention: one person at a time, behind a purpose, on a page with nothing in its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels import addressees, codes
from parcels.admin.reading import Reader, reader_of
from parcels.models import Parcel
from people import approvals, dates, detention
from people.acts import Act
from people.audit import refuse
from people.desk import ReadOnlyDesk, page, require
from people.detention import Period
from people.models import Detention, Organisation, Person, PersonKey, Purpose, SituationEvent
from people.signin import fresh

# One answer for the unknown, the foreign and the erased.
_NOBODY = "There is nobody by this whom you may look for."


class LookForm(forms.Form):
    who = forms.CharField(label="Reference of the person, or number of a parcel", max_length=40)
    purpose = forms.ChoiceField(choices=[("", "—"), *Purpose.choices])


class StateForm(forms.Form):
    who = forms.CharField(max_length=40, widget=forms.HiddenInput)
    place = forms.CharField(max_length=detention.MOST_LETTERS, help_text="Sealed under the person's key.")
    from_on = forms.CharField(label="From", max_length=10, help_text="YYYY, YYYY-MM or YYYY-MM-DD")
    until_on = forms.CharField(
        label="Until", max_length=10, required=False, help_text="Empty while it lasts."
    )
    stated_by = forms.ChoiceField(label="Stated by", choices=[("", "—"), *SituationEvent.StatedBy.choices])
    source = forms.ModelChoiceField(
        label="Whose word it is", queryset=Organisation.objects.order_by("name_en"), empty_label="—"
    )
    document = forms.CharField(
        label="Paper it stands on", max_length=120, required=False, help_text="A reference, no names."
    )
    replaces = forms.ModelChoiceField(
        label="States anew",
        queryset=Detention.objects.none(),
        required=False,
        empty_label="nothing: it is new",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, person: Person, **kwargs: Any) -> None:
        super().__init__(data, auto_id="state_%s", **kwargs)
        self.fields["replaces"].queryset = person.detentions.filter(replaced_by=None).order_by("-pk")  # type: ignore[attr-defined]
        self.fields["replaces"].label_from_instance = lambda row: f"the period from {row.from_on}"  # type: ignore[attr-defined]


@admin.register(Detention)
class DetentionAdmin(ReadOnlyDesk):
    """No list: whoever comes here knows whom they look for, and says what for."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        reader = reader_of(request)
        require(reader.may("people.view_detention"))
        if request.method != "POST":
            return _answer(request, LookForm(initial={"who": request.GET.get("who", "")[:40]}))
        return _state(request, reader) if request.POST.get("deed") == "state" else _look(request, reader)

    def change_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404

    def history_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404


def _look(request: HttpRequest, reader: Reader) -> HttpResponse:
    asked = LookForm(request.POST)
    if not asked.is_valid():
        return _answer(request, asked)
    fresh.require(request)
    person = _named(reader, asked.cleaned_data["who"])
    periods = _periods(reader, person, asked.cleaned_data["purpose"]) if person else None
    if person is None or periods is None:
        refuse(reader.actor, Act.SEE_DETENTION, purpose=asked.cleaned_data["purpose"])
        asked.add_error("who", _NOBODY)
        return _answer(request, asked)
    stating = StateForm(person=person, initial={"who": person.reference})
    return _answer(request, asked, person=person, periods=periods, stating=stating)


def _periods(reader: Reader, person: Person, purpose: str) -> Sequence[Period] | None:
    try:
        return detention.look(person, purpose, by=reader.actor, ties=addressees.ties(reader.actor, person))
    except (approvals.NotYours, PersonKey.DoesNotExist):
        return None


def _state(request: HttpRequest, reader: Reader) -> HttpResponse:
    person = _named(reader, request.POST.get("who", ""))
    if person is None:
        raise Http404
    stating = StateForm(request.POST, person=person)
    if stating.is_valid():
        told = {**stating.cleaned_data, "source_id": stating.cleaned_data["source"].pk}
        stated = detention.Stated(**{name: told[name] for name in detention.Stated._fields})
        try:
            detention.state(
                person,
                stated,
                by=reader.actor,
                ties=addressees.ties(reader.actor, person),
                now=timezone.now(),
            )
        except (approvals.NotYours, PersonKey.DoesNotExist):
            raise Http404 from None
        except detention.NotAPeriod as why:
            stating.add_error(None, str(why))
        else:
            messages.success(request, "Kept.")
            return HttpResponseRedirect(reverse("admin:people_detention_changelist"))
    return _answer(request, LookForm(initial={"who": person.reference}), person=person, stating=stating)


def _named(reader: Reader, who: str) -> Person | None:
    """Return whom they mean, if they meet that person at all."""
    text = "".join(who.split())
    met = Person.objects.filter(addressees.opened(reader.actor))
    if codes.is_number(text.upper()):
        parcels = Parcel.objects.filter(reader.theirs, number=text.upper())
        found = met.filter(pk__in=parcels.values("recipient")).first()
    else:
        found = met.filter(reference=text.lower()).first() if text.isalnum() else None
    if found is None or found.kind == Person.Kind.SENDER:
        return None
    # To one who may not know the place, nobody is there.
    return (
        found
        if detention.may_look(found, by=reader.actor, ties=addressees.ties(reader.actor, found))
        else None
    )


def _answer(
    request: HttpRequest,
    asked: LookForm,
    *,
    person: Person | None = None,
    periods: Sequence[Period] | None = None,
    stating: StateForm | None = None,
) -> HttpResponse:
    wrong = bool(asked.errors) or bool(stating and stating.errors)
    shown = (
        None
        if periods is None
        else [
            (row, place, dates.in_words(row.from_on), row.until_on and dates.in_words(row.until_on))
            for row, place in periods
        ]
    )
    context = {"asked": asked, "person": person, "periods": shown, "stating": stating}
    return page(
        request, "admin/people/detention.html", "Places of detention", context, status=400 if wrong else 200
    )
