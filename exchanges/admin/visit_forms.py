"""What officers tell of visits, and the report of one who comes back with a list of forty."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from django import forms

from exchanges.actions import ToldParcel, ToldPerson
from exchanges.actions.visit_reports import MOST_LETTERS, MOST_WORDS
from exchanges.actions.visits import PURPOSES
from exchanges.models import Agreement, Visit, VisitLetter
from people.models import Organisation

# However many are written side by side, and whatever stands between them.
_BETWEEN: Final = re.compile(r"[\s,;/.\-\u2010-\u2014]+")
_NUMBERS: Final = re.compile(r"(?:[A-Z]{2}[0-9]{9}[A-Z]{2})*", re.ASCII)
_LENGTH: Final = 13


class AgreeForm(forms.Form):
    agreement = forms.ModelChoiceField(queryset=Agreement.objects.none(), empty_label="—")
    kind = forms.ChoiceField(choices=[("", "—"), *Visit.Kind.choices])
    visited_by = forms.ModelChoiceField(
        label="Who visits", queryset=Organisation.objects.order_by("name_en"), empty_label="—"
    )
    host = forms.ModelChoiceField(
        label="Host",
        queryset=Organisation.objects.exclude(party=None).order_by("name_en"),
        empty_label="—",
        help_text="The office on whose side the prisoners are held.",
    )

    def __init__(self, *args: Any, agreements: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreement"].queryset = agreements  # type: ignore[attr-defined]


def _moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class ScheduleForm(forms.Form):
    starts_at = _moment("Begins")
    ends_at = _moment("Ends")


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(choices=[("", "—"), *Visit.Reason.choices])


class ParticipantsForm(forms.Form):
    staff = forms.TypedMultipleChoiceField(
        label="Who of us takes part", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, members: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"].choices = list(members.items())  # type: ignore[attr-defined]


class FindForm(forms.Form):
    lines = forms.CharField(
        label="Whole names or references, one a line",
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )


class PlaceForm(forms.Form):
    place = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text="It is sealed. Only those named on the visit and the host's logistics can look it up.",
    )


class LookForm(forms.Form):
    purpose = forms.ChoiceField(label="What you need it for", choices=[("", "—"), *PURPOSES])


class _Numbers(forms.CharField):
    """Numbers of parcels, as many as there are, however they are set apart."""

    def __init__(self, label: str) -> None:
        plain = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(label=label, required=False, max_length=2_000, widget=forms.TextInput(attrs=plain))

    def clean(self, value: Any) -> list[str]:
        text = _BETWEEN.sub("", super().clean(value)).upper()
        if not _NUMBERS.fullmatch(text):
            raise forms.ValidationError("A number is two letters, nine digits, two letters.")
        return [text[at : at + _LENGTH] for at in range(0, len(text), _LENGTH)]


def _count(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=MOST_LETTERS)


class ReportForm(forms.Form):
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)
    in_private = forms.ChoiceField(
        label="Could they speak in private?",
        choices=[("yes", "Yes, all of them"), ("no", "No"), ("unknown", "Not known, or not all")],
        widget=forms.RadioSelect,
    )
    letters_given = _count("Letters given, in all")
    letters_received = _count("Letters received, in all")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid.uuid4().hex
        for name in ("letters_given", "letters_received"):
            self.fields[name].help_text = "Empty: those told below are counted."


class MetForm(forms.Form):
    """One prisoner of a report. What is told of one says that he was seen."""

    seen = forms.BooleanField(label="Seen", required=False)
    letters_given = _count("Letters given")
    letters_received = _count("Letters received")
    whole = _Numbers("Received whole")
    partly = _Numbers("Received in part")
    unsaid = _Numbers("Received, not said if whole")
    missing = _Numbers("Not received")
    words = forms.CharField(
        label="In his own words",
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 1}),
    )

    def __init__(self, data: Any, *, person_id: int, name: str) -> None:
        super().__init__(data, prefix=f"p{person_id}")
        self.person_id, self.name = person_id, name

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        numbers = [each for name in ("whole", "partly", "unsaid", "missing") for each in told.get(name, ())]
        for number in sorted({each for each in numbers if numbers.count(each) > 1}):
            self.add_error(None, f"{number} stands here twice.")
        told["seen"] = told.get("seen") or any(told.values())
        return told

    def told(self) -> ToldPerson:
        told = self.cleaned_data
        return ToldPerson(
            self.person_id,
            told["seen"],
            parcels=[
                *(ToldParcel(number, True, "yes") for number in told["whole"]),
                *(ToldParcel(number, True, "partly") for number in told["partly"]),
                *(ToldParcel(number, True, "unknown") for number in told["unsaid"]),
                *(ToldParcel(number, False) for number in told["missing"]),
            ],
            words=told["words"],
            letters_given=told["letters_given"] or 0,
            letters_received=told["letters_received"] or 0,
        )


class LetterForm(forms.Form):
    read = forms.ChoiceField(label="Read by others", choices=VisitLetter.Read.choices)
    outcome = forms.ChoiceField(label="What became of it", choices=VisitLetter.Outcome.choices)
    other = forms.CharField(
        label="Relative", required=False, max_length=16, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any, *, letter: VisitLetter, prisoner: str, other: str) -> None:
        initial = {"read": letter.read, "outcome": letter.outcome, "other": other}
        super().__init__(data, prefix=f"l{letter.pk}", initial=initial)
        self.letter, self.prisoner = letter, prisoner
