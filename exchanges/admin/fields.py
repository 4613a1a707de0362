"""Fields of the forms for returns and claims, and filters of their lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest

NO_NAMES: Final = "A reference, no names."


def day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


def words(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


def reference(label: str, help_text: str = NO_NAMES) -> forms.CharField:
    return forms.CharField(label=label, max_length=120, required=False, help_text=help_text)


def paper() -> forms.CharField:
    return reference("Paper it stands on", f"{NO_NAMES} Needed where it is the word of another organisation.")


def choice(label: str, choices: Iterable[tuple[Any, Any]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "—"), *choices], **kwargs)


class OneOf(forms.TypedChoiceField):
    """A choice among rows already at hand: no other can be chosen, or guessed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_value=None, **kwargs)

    def among(self, rows: Iterable[tuple[Any, str]]) -> None:
        rows = list(rows)
        self.choices = [("", "—"), *((row.pk, label) for row, label in rows)]
        found = {str(row.pk): row for row, _ in rows}
        self.coerce = found.__getitem__


class ChoiceFilter(admin.SimpleListFilter):
    """Rows with one value of a column; what is no choice narrows nothing."""

    choices_of: Sequence[tuple[Any, Any]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label).lower()) for value, label in self.choices_of]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        if asked not in {value for value, _ in self.lookup_choices}:
            return queryset
        return queryset.filter(**{str(self.parameter_name): asked})
