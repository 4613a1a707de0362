"""What officers tell on the page of an exchange of prisoners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from exchanges import access
from exchanges.actions.prisoner_stages import STATED_BY
from exchanges.actions.prisoners import officers_of
from exchanges.models import Exchange, ExchangeCount, ExchangeTrace, ListedPerson, Stage
from people.actors import Actor
from people.models import Organisation, Person, Staff
from people.queries import names_of

_NOTHING = [("", "—")]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _past(on: Any) -> Any:
    if on and on > timezone.localdate():
        raise forms.ValidationError("This day has not come yet.")
    return on


if TYPE_CHECKING:
    OrganisationField = forms.ModelChoiceField[Organisation]
    StaffField = forms.ModelChoiceField[Staff]
else:
    OrganisationField = StaffField = forms.ModelChoiceField


def _organisations() -> OrganisationField:
    return OrganisationField(Organisation.objects.order_by("name_en"), empty_label="—")


class OfficerField(StaffField):
    """A choice among the liaisons and coordinators of one's own office."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Staff.objects.none(), empty_label="—", **kwargs)

    def offer(self, by: Actor, without: Iterable[int]) -> None:
        officers = officers_of(by.organisation_id, timezone.now()) - set(without)
        self.queryset = Staff.objects.filter(pk__in=officers).order_by("username")


class OpenForm(forms.Form):
    category = forms.ChoiceField(choices=[*_NOTHING, *Exchange.Category.choices])
    one_side = _organisations()
    other_side = _organisations()
    title = forms.CharField(max_length=120, help_text="For those named on it only; kept sealed.")
    officer = OfficerField(
        label="Second officer", help_text="They alone are asked. Nothing exists before they agree."
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["officer"].offer(by, [by.staff_id or 0])  # type: ignore[attr-defined]
        for name in ("one_side", "other_side"):
            self.fields[name].queryset = Organisation.objects.exclude(party=None).order_by("name_en")  # type: ignore[attr-defined]


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label="What do you open it for?", choices=ExchangeTrace.Purpose.choices, widget=forms.RadioSelect
    )


class OfExchange(forms.Form):
    """A form that knows which exchange it is about, and who fills it in."""

    def __init__(self, *args: Any, exchange: Exchange, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exchange, self.by = exchange, by
        self.offer()

    def offer(self) -> None:
        """Fill the choices that depend on the exchange."""

    def of_sides(self, name: str) -> None:
        sides = Organisation.objects.filter(pk__in=[side.pk for side in self.exchange.sides])
        self.fields[name].queryset = sides.order_by("name_en")  # type: ignore[attr-defined]

    def of_stages(self, name: str, none: str) -> None:
        numbers = self.exchange.stages.order_by("number").values_list("number", flat=True)
        stages = [(str(number), f"stage {number}") for number in numbers]
        self.fields[name].choices = [("", none), *stages]  # type: ignore[attr-defined]


class NameForm(OfExchange):
    officer = OfficerField(label="Name an officer")

    def offer(self) -> None:
        named = self.exchange.officers.filter(unnamed_at=None).values_list("staff_id", flat=True)
        self.fields["officer"].offer(self.by, named)  # type: ignore[attr-defined]


class StageForm(OfExchange):
    number = forms.TypedChoiceField(label="Which", coerce=int, required=False, empty_value=None)
    planned_on = forms.DateField(label="Planned on", required=False, widget=_day())
    from_one_side = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    from_other_side = forms.IntegerField(
        required=False, min_value=0, max_value=100_000, help_text="The numbers may differ, or not be told."
    )
    place = forms.CharField(max_length=300, required=False, help_text="Kept sealed.")
    numbers_public = forms.BooleanField(label="Its numbers were made public by the sides", required=False)

    def offer(self) -> None:
        self.of_stages("number", "a new stage")
        one, other = self.exchange.sides
        self.fields["from_one_side"].label = f"From {one}"
        self.fields["from_other_side"].label = f"From {other}"


class ListForm(OfExchange):
    holding = _organisations()
    stated_by = _organisations()
    stated_on = forms.DateField(label="On", widget=_day())
    people = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text="References of people your office keeps, one a line. Whom a correction leaves out is taken "
        "off.",
    )
    note = forms.CharField(max_length=500, required=False, help_text="Kept sealed.")

    def offer(self) -> None:
        self.of_sides("holding")
        self.fields["holding"].label = "Who holds them"
        self.fields["stated_by"].label = "Stated by"

    def clean_stated_on(self) -> Any:
        return _past(self.cleaned_data["stated_on"])

    def clean_people(self) -> list[Person]:
        told = set(self.cleaned_data["people"].replace(",", " ").lower().split())
        found = list(access.people_to_list(self.by).filter(reference__in=told))
        unknown = sorted(told - {person.reference for person in found})
        if unknown:
            raise forms.ValidationError(f"Your office keeps nobody under: {', '.join(unknown[:10])}.")
        return found


class SearchForm(OfExchange):
    q = forms.CharField(label="Whole name in either script, or a reference", max_length=120)


def _to_cross(exchange: Exchange) -> list[tuple[str, str]]:
    """Return (reference, words) of everyone who is to cross with a planned stage."""
    rows = list(
        exchange.people.filter(status=ListedPerson.Status.VERIFIED, stage__status=Stage.Status.PLANNED)
        .select_related("person", "stage")
        .order_by("stage__number", "pk")
    )
    names = names_of(row.person_id for row in rows)
    return [
        (
            row.person.reference,
            f"{names.get(row.person_id, 'erased')} (stage {row.stage.number if row.stage else ''})",
        )
        for row in rows
    ]


class FinishForm(OfExchange):
    number = forms.TypedChoiceField(label="Which", coerce=int)
    happened_on = forms.DateField(label="On", widget=_day())
    stated_by = forms.ChoiceField(
        choices=[(each.value, each.label) for each in STATED_BY], widget=forms.RadioSelect
    )
    document = forms.CharField(
        label="Paper it stands on",
        max_length=120,
        required=False,
        help_text="A reference, no names. All who may read a person's situation read it there.",
    )
    stayed = forms.MultipleChoiceField(
        label="Who did not cross",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of whom is in a stage. All others of the stage did.",
    )

    def offer(self) -> None:
        self.of_stages("number", "—")
        self.fields["stated_by"].label = "Stated by"
        self.fields["stayed"].choices = _to_cross(self.exchange)  # type: ignore[attr-defined]

    def clean_happened_on(self) -> Any:
        return _past(self.cleaned_data["happened_on"])


class CorrectionForm(OfExchange):
    happened_on = forms.DateField(label="Known since", widget=_day())

    def clean_happened_on(self) -> Any:
        return _past(self.cleaned_data["happened_on"])


class CountForm(OfExchange):
    scope = forms.ChoiceField(label="How many were", choices=[*_NOTHING, *ExchangeCount.Scope.choices])
    holding = _organisations()
    number = forms.TypedChoiceField(label="Of", coerce=int, required=False, empty_value=None)
    count = forms.IntegerField(min_value=0, max_value=1_000_000)
    source = _organisations()
    stated_on = forms.DateField(label="On", widget=_day())

    def offer(self) -> None:
        self.of_sides("holding")
        self.of_stages("number", "the whole exchange")
        self.fields["holding"].label = "From"
        self.fields["source"].label = "Counted by"

    def clean_stated_on(self) -> Any:
        return _past(self.cleaned_data["stated_on"])
