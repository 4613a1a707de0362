"""What has to be told of a return, and of those on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.exceptions import ValidationError as FieldError

from exchanges import lifecycle
from exchanges.access import LOOK_PURPOSES
from exchanges.actions import Particulars
from exchanges.admin.fields import OneOf, choice, day, paper, reference, words
from exchanges.models import Agreement, Count, Question, Return, ReturnStep, Wish
from exchanges.queries import Member
from people.actions import Telling
from people.fields import BornOn
from people.models import Organisation, Person

_ENDS: Final = ("stated_to", "stated_by", "responsible", "asked_of")


class ParticularsForm(forms.Form):
    """A return as it is made, or how it is called and who helps. Where it leads stands once it exists."""

    title = forms.CharField(
        label="What the group is called", max_length=200, help_text="Sealed; no names of persons."
    )
    region = forms.CharField(label="Where they are from", max_length=200, help_text="Sealed.")
    from_organisation = forms.ModelChoiceField(
        label="Office of the side where they are", queryset=Organisation.objects.none(), empty_label="—"
    )
    to_organisation = forms.ModelChoiceField(
        label="Office of the side they return to", queryset=Organisation.objects.none(), empty_label="—"
    )
    intermediary = forms.ModelChoiceField(
        label="Neutral intermediary", queryset=Organisation.objects.none(), required=False, empty_label="—"
    )
    responsible = forms.ModelChoiceField(
        label="Responsible now", queryset=Organisation.objects.none(), required=False, empty_label="—",
        help_text="Who acts next.",
    )  # fmt: skip
    agreement = forms.ModelChoiceField(
        label="Counts under", queryset=Agreement.objects.none(), required=False, empty_label="no agreement"
    )
    requested_on = day("Asked for on")

    def __init__(self, *args: Any, agreements: QuerySet[Agreement], made: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.order_by("name_en")
        offices, neutral = organisations.exclude(party=None), organisations.filter(party=None)
        for name, rows in (
            ("from_organisation", offices), ("to_organisation", offices), ("intermediary", neutral),
            ("responsible", organisations), ("agreement", agreements),
        ):  # fmt: skip
            field = self.fields[name]
            field.queryset = rows  # type: ignore[attr-defined]
        if made:
            for name in ("from_organisation", "to_organisation", "requested_on"):
                del self.fields[name]

    def particulars(self, group: Return | None = None) -> Particulars:
        told = self.cleaned_data
        return Particulars(
            told["title"], told["region"],
            group.from_organisation if group else told["from_organisation"],
            group.to_organisation if group else told["to_organisation"],
            told["intermediary"], told["responsible"], told["agreement"],
        )  # fmt: skip


class OfReturn(forms.Form):
    """A form on a return's page; `members` and `ends` are the persons and organisations named there."""

    def __init__(
        self, *args: Any, group: Return, members: list[Member], ends: list[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        organisations = [(end, str(end)) for end in ends]
        self.among("member", [(member.row, member.name) for member in members])
        for name in _ENDS:
            self.among(name, organisations)

    def among(self, name: str, rows: Iterable[tuple[Any, str]]) -> None:
        field = self.fields.get(name)
        if isinstance(field, OneOf):
            field.among(rows)


class StepForm(OfReturn):
    happened_on = day("On")
    planned_on = day("Planned for", required=False, help_text="Where a day is planned.")
    reason = choice("Why", ReturnStep.Reason.choices, required=False, help_text="Where it fell through.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = lifecycle.RETURN.steps.get(self.group.status, ())
        self.fields["happened_on"].initial = timezone.localdate()
        for step, name in ((Return.Status.PLANNED, "planned_on"), (Return.Status.FELL_THROUGH, "reason")):
            if step not in steps:
                del self.fields[name]


class PersonForm(OfReturn):
    reference = forms.CharField(
        label="Reference", max_length=16, required=False,
        help_text="Of somebody on your office's record. Or tell who it is:",
    )  # fmt: skip
    name = forms.CharField(label="Whole name", max_length=200, required=False)
    born_on = forms.CharField(
        label="Born", max_length=10, required=False,
        help_text="YYYY, YYYY-MM or YYYY-MM-DD, as far as it is known.",
    )  # fmt: skip

    def clean_reference(self) -> Person | None:
        text = self.cleaned_data["reference"].strip()
        if not text:
            return None
        ours = Person.objects.filter(kind=Person.Kind.EVACUEE, organisation=self.group.organisation_id)
        if found := ours.filter(reference=text).first():
            return found
        raise forms.ValidationError("No displaced civilian on your office's record has this reference.")

    def clean_born_on(self) -> str | None:
        text = self.cleaned_data["born_on"].strip()
        try:
            return str(BornOn().run_validation(text)) if text else None
        except FieldError as error:
            raise forms.ValidationError([str(each) for each in error.args[0]]) from None

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors and not told.get("reference") and not told.get("name", "").strip():
            raise forms.ValidationError("Name one person: by their reference, or by their whole name.")
        return told

    def telling(self) -> Telling:
        told = self.cleaned_data
        return Telling(Person.Kind.EVACUEE, told["name"].strip(), told["born_on"])


class AsideForm(OfReturn):
    member = OneOf(label="Person")
    step = forms.ChoiceField(
        label="What", choices=[("set_aside", "stays behind"), ("with_group", "goes with the group again")]
    )
    happened_on = day("Since")
    reason = choice(
        "Why", ReturnStep.Reason.choices, required=False, help_text="Where somebody stays behind."
    )


class WishForm(OfReturn):
    member = OneOf(label="Person")
    wants = choice("What they said", Wish.Wants.choices)
    stated_to = OneOf(label="Said to")
    in_private = forms.TypedChoiceField(
        label="In private", coerce=lambda value: value == "yes", widget=forms.RadioSelect,
        choices=[("yes", "yes, nobody else was there"), ("no", "no, or not known")],
    )  # fmt: skip
    stated_on = day("On")
    words = words("In their words", required=False, help_text="Read only by who heard or recorded it.")
    document = paper()


class WhereForm(OfReturn):
    member = OneOf(label="Person")
    place = forms.CharField(
        label="Where", max_length=300, help_text="Sealed under their own key; each look is recorded."
    )
    since_on = day("Since")
    stated_by = OneOf(label="Stated by")
    responsible = OneOf(label="Who looks after them", required=False)


class CountForm(OfReturn):
    number = forms.IntegerField(label="Number", min_value=0, max_value=1_000_000)
    scope = choice("Of those", Count.Scope.choices)
    words = forms.CharField(label="Scope, in their words", max_length=300, required=False)
    stated_by = OneOf(label="Stated by", required=False)
    source = reference("Or heard from", "A source that is no organisation on this return; no names.")
    said_on = day("Said on")
    published_on = day("Published on", required=False)
    document = paper()


class AskForm(OfReturn):
    asked_of = OneOf(label="Asked of")
    asked_on = day("On")
    document = reference("Paper")


class ReplyForm(OfReturn):
    question = OneOf(label="To the question")
    replied_on = day("Replied on")
    document = paper()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ = Question.objects.filter(group=self.group, reply=None).select_related("asked_by", "asked_of")
        self.among(
            "question",
            [(each, f"{each.asked_by} asked {each.asked_of}, {each.asked_on:%-d %b %Y}") for each in open_],
        )


class LookForm(OfReturn):
    purpose = choice("What for", LOOK_PURPOSES)
