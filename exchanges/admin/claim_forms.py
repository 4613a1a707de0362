"""What has to be told of a claim, and of how it is held to stand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from exchanges.actions import Statement
from exchanges.admin.fields import OneOf, choice, day, reference, words
from exchanges.models import Assessment, Claim, Evidence
from people.models import Organisation

_EVIDENCE = [(value, label) for value, label in Evidence.choices if value]


class StatementForm(forms.Form):
    kind = choice("What it is about", Claim.Kind.choices)
    stated_by = OneOf(label="Stated by", required=False)
    source = reference(
        "Or heard from", "A source that is no organisation here, such as a newspaper; no names."
    )
    words = words("In their words", help_text="Sealed. As they said it: their own terms are theirs.")
    said_on = day("Said on")
    published_on = day("Published on", required=False)
    evidence = choice("Evidence they give", _EVIDENCE, required=False)
    evidence_reference = reference("Its reference")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stated_by"]
        if isinstance(field, OneOf):
            field.among((each, str(each)) for each in Organisation.objects.order_by("name_en"))

    def statement(self) -> Statement:
        told = self.cleaned_data
        return Statement(**{name: told[name] for name in Statement._fields})


class ClaimForm(StatementForm):
    """With what it is about: told by a reference or a number, or chosen on the page of a return."""

    about = forms.CharField(
        label="About", max_length=16, help_text="The reference of a person or a return, or a parcel's number."
    )
    field_order = ("about",)


class AssessForm(forms.Form):
    assessed_on = day("On")
    reason = choice("Why", Assessment.Reason.choices)
    evidence = choice("Evidence", _EVIDENCE, required=False)
    evidence_reference = reference("Its reference")
    note = words("Note", required=False, help_text="Sealed; read by your office's officers only.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assessed_on"].initial = timezone.localdate()
