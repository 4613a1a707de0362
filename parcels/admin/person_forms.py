"""What is told on a person's page. Each form names itself, so that one address takes them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone

from people import facts
from people.models import (
    Consent,
    Fact,
    Kinship,
    Organisation,
    Person,
    Purpose,
    SituationEvent,
    Withholding,
)

_DAY = {"type": "date"}
_EMPTY = ("", "—")


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=forms.DateInput(attrs=_DAY)
    )


def _choice(label: str, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[_EMPTY, *choices], **kwargs)


def _source(label: str) -> forms.ModelChoiceField[Organisation]:
    rows = Organisation.objects.order_by("name_en")
    return forms.ModelChoiceField(label=label, queryset=rows, empty_label="—")


def _paper() -> forms.CharField:
    return forms.CharField(
        label="Paper it stands on", max_length=120, required=False, help_text="A reference, no names."
    )


def _not_ahead(on: Any) -> Any:
    if on is not None and on > timezone.localdate():
        raise forms.ValidationError("This day has not come yet.")
    return on


class Wrong(Exception):
    """What was told cannot be kept; says beside which field (None: the whole form), and why."""

    def __init__(self, field: str | None, why: str) -> None:
        super().__init__(why)
        self.field = field


class Told(forms.Form):
    """A form of the page; `deed` is what it does. Ids differ from form to form."""

    deed: ClassVar[str]
    title: ClassVar[str]
    button: ClassVar[str]
    note: ClassVar[str] = ""

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.deed}_%s", **kwargs)


class SituationForm(Told):
    deed, title, button = "situation", "Record a statement", "Record it"
    note = (
        "It is never changed: a later word is a later row. The worker acts only on what both sides, the"
        " neutral agency, or two officers say."
    )

    situation = _choice("Situation", SituationEvent.Situation.choices)
    happened_on = _day("On")
    stated_by = _choice("Stated by", SituationEvent.StatedBy.choices)
    source = _source("Whose word it is")
    document = _paper()

    def clean_happened_on(self) -> Any:
        return _not_ahead(self.cleaned_data["happened_on"])


_DATES_HELP = (
    "A date of birth as YYYY, YYYY-MM, YYYY-MM-DD, a range 1990/1992, or XXXX where it is not known."
)


class FactForm(Told):
    deed, title, button = "fact", "Add a name, a date, another word", "Add it"
    note = "It stands beside what was told before; nothing is overwritten."

    kind = _choice("What", [(kind.value, kind.label) for kind in facts.TOLD])
    text = forms.CharField(label="As told", max_length=facts.MOST_LETTERS, help_text=_DATES_HELP)
    source = _source("Whose word it is")
    stated_on = _day("Stated on", required=False)
    document = _paper()

    def clean_stated_on(self) -> Any:
        return _not_ahead(self.cleaned_data["stated_on"])

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("kind") and told.get("text"):
            try:
                told["text"] = facts.checked(told["kind"], told["text"], timezone.localdate())
            except facts.NotAFact as why:
                self.add_error("text", str(why))
        return told


class KinshipForm(Told):
    deed, title, button = "kinship", "Record a check of the tie", "Record it"
    note = "A later check is a later row. That a tie was checked for one parcel stands on the parcel."

    other = forms.ChoiceField(label="With")
    relation = _choice("The sender is their", Kinship.Relation.choices)
    evidence = _choice("Shown by", Kinship.Evidence.choices)
    document = _paper()
    source = _source("Stated by")

    def __init__(self, data: Mapping[str, Any] | None = None, *, others: Mapping[int, str]) -> None:
        super().__init__(data)
        self.fields["other"].choices = [_EMPTY, *((str(pk), name) for pk, name in others.items())]  # type: ignore[attr-defined]


class ConsentForm(Told):
    deed, title, button = "consent", "Record a consent", "Record it"

    purpose = _choice("For", Purpose.choices)
    text_version = forms.CharField(label="Version of the text", max_length=20)
    language = _choice("Read in", settings.LANGUAGES)
    channel = _choice("Given", Consent.Channel.choices)


class WithdrawForm(Told):
    deed, title, button = "withdraw", "Record a withdrawal", "Withdraw"
    note = "Nobody has to say why."

    purpose = forms.ChoiceField(label="For")
    channel = _choice("Told", Consent.Channel.choices)

    def __init__(self, data: Mapping[str, Any] | None = None, *, given: Iterable[str]) -> None:
        super().__init__(data)
        labels = dict(Purpose.choices)
        self.fields["purpose"].choices = [_EMPTY, *((each, labels[each]) for each in given)]  # type: ignore[attr-defined]


class KeepBackForm(Told):
    deed, title, button = "keep_back", "Keep something from the family", "Keep it back"
    note = "GC IV art. 137. The neutral agency still sees it. Two officers let it go."

    what = forms.ChoiceField(label="What")
    reason = _choice("Because it", Withholding.Reason.choices)
    review_on = _day("Look at it again on")

    def __init__(self, data: Mapping[str, Any] | None = None, *, things: Mapping[str, str]) -> None:
        super().__init__(data)
        self.fields["what"].choices = [_EMPTY, *things.items()]  # type: ignore[attr-defined]

    def clean_review_on(self) -> Any:
        on = self.cleaned_data["review_on"]
        if on <= timezone.localdate():
            raise forms.ValidationError("A day to come.")
        return on


class LetGoForm(Told):
    deed, title, button = "let_go", "Propose to let the family know", "Propose it"
    kept = forms.IntegerField(widget=forms.HiddenInput)


class PersonForm(forms.Form):
    """One who is not on record yet: from the other side's list, or of an evacuation."""

    kind = forms.ChoiceField(
        choices=[_EMPTY, *(each for each in Person.Kind.choices if each[0] != Person.Kind.SENDER)]
    )
    name = forms.CharField(
        label="Name as written", max_length=facts.MOST_LETTERS, help_text="Patronymic or initial if known."
    )
    name_latin = forms.CharField(
        label="Name in Latin letters",
        max_length=facts.MOST_LETTERS,
        required=False,
        help_text="If it was told.",
    )
    birth_date = forms.CharField(label="Born", max_length=21, required=False, help_text=_DATES_HELP)
    service_number = forms.CharField(label="Service number", max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for name, kind in (
            ("name", Fact.Kind.NAME),
            ("name_latin", Fact.Kind.NAME_LATIN),
            ("birth_date", Fact.Kind.BIRTH_DATE),
        ):
            if told.get(name):
                try:
                    told[name] = facts.checked(kind, told[name], timezone.localdate())
                except facts.NotAFact as why:
                    self.add_error(name, str(why))
        latin, written = told.get("name_latin"), told.get("name")
        if latin and written and not self.errors and not facts.is_latin_form(latin, written):
            self.add_error("name_latin", "This is no Latin spelling of the name as written.")
        return told
