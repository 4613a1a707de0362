"""What is told at the counter. The form is a row of a manifest: the same checks, in the same words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django import forms

from exchanges.models import Round
from parcels.declarations import Declaration, DeclaredLine
from parcels.manifest import checks, columns
from people.tables import Row

_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
LINES: Final = tuple(f"item_{number}" for number in range(1, columns.MOST_LINES + 1))
_HEADER: Final = (*columns.PARCEL, *(f"{line}_{field}" for line in LINES for field in columns.LINE))
_LAYOUT: Final = columns.read(_HEADER)
_MASSES: Final = ("declared_mass_g", "gross_mass_g")
_AT_FIRST: Final = 6
_CONTACT_BY: Final[Mapping[str, str]] = {
    "phone": "phone",
    "email": "e-mail",
    "post": "post",
    "organisation": "through an organisation",
    "none": "not at all",
}


class Goods(NamedTuple):
    """A line to fill in, and what the rules say of it."""

    number: int
    fields: Sequence[forms.BoundField]
    findings: Sequence[Mapping[str, Any]]


class CounterForm(forms.Form):
    """`once` makes one parcel of it, however often it is sent. Fields are named as a manifest's columns."""

    once = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, rounds: Collection[Round], now: datetime, checking: bool = False, **kwargs: Any
    ) -> None:
        """:param checking: whether only lines and masses are asked, before anything is registered"""
        super().__init__(*args, **kwargs)
        self.rounds = {each.reference: each for each in rounds}
        self._now, self._checking = now, checking
        self.fields["once"].initial = new_token()
        choices = [(reference, reference) for reference in self.rounds]
        self.fields["round"] = forms.ChoiceField(
            label="Round", choices=choices if len(choices) == 1 else [("", "—"), *choices]
        )
        self.fields |= {name: make() for name, make in _FIELDS.items()}
        self.fields |= _goods()

    def sender(self) -> list[forms.BoundField]:
        names = ("sender_name", "sender_phone", "sender_email", "contact_by", "relationship")
        return [self[name] for name in names]

    def addressee(self) -> list[forms.BoundField]:
        return [self[f"prisoner_{name}"] for name in ("name", "birth_date", "service_number")]

    def goods(self, findings: Mapping[int, Sequence[Mapping[str, Any]]]) -> tuple[list[Goods], list[Goods]]:
        """Return the lines that are always shown, and the rest."""
        lines = [
            Goods(number, [self[f"{line}_{field}"] for field in columns.LINE], findings.get(number, ()))
            for number, line in enumerate(LINES, 1)
        ]
        return lines[:_AT_FIRST], lines[_AT_FIRST:]

    def clean_once(self) -> str:
        token: str = self.cleaned_data["once"]
        if not _TOKEN.fullmatch(token):
            raise forms.ValidationError("Please start again.")
        return token

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for column, what in self._faults(told):
            if not self._checking or column.startswith("item_") or column in _MASSES:
                self._add_fault(column, what)
        if told.get("accepted_place") and not told.get("gross_mass_g"):
            self.add_error("gross_mass_g", "Weigh it too, or leave the place empty.")
        return told

    def _faults(self, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        self._row = Row(1, [self._cell(column, told) for column in _HEADER])
        (self._checked,) = checks.parcels([self._row], _LAYOUT, now=self._now)
        for fault in self._checked.faults.get(1, ()):
            column, _, what = fault.partition(": ")
            yield column, what

    def _cell(self, column: str, told: Mapping[str, Any]) -> str:
        match column:
            case "external_id":
                return f"counter:{told.get('once', '')}"
            case "accepted_at":
                return self._now.isoformat() if told.get("gross_mass_g") else ""
        return str(told.get(column) or "")

    def _add_fault(self, column: str, what: str) -> None:
        if column in self.fields and column not in self.errors:
            self.add_error(column, f"{what[0].upper()}{what[1:]}.")

    @property
    def chosen_round(self) -> Round:
        return self.rounds[self.cleaned_data["round"]]

    @property
    def gross_mass_g(self) -> int | None:
        return self._grams("gross_mass_g")

    def mass_g(self) -> int | None:
        """Return what it weighs, or is said to weigh."""
        return self._grams("gross_mass_g") or self._grams("declared_mass_g")

    def _grams(self, name: str) -> int | None:
        told = self.cleaned_data.get(name)
        return int(told) if told else None

    def lines(self) -> dict[int, DeclaredLine]:
        """Return the lines that are filled in, by their number on the form."""
        return {
            number: DeclaredLine(
                self.cleaned_data[f"{line}_description"],
                int(self.cleaned_data[f"{line}_quantity"]),
                int(self.cleaned_data[f"{line}_unit_mass_g"]),
            )
            for number, line in enumerate(LINES, 1)
            if self.cleaned_data.get(f"{line}_description")
        }

    def declaration(self) -> Declaration:
        """Return what is declared: when it is weighed is told apart from it."""
        declared = self._checked.declaration
        if declared is None:
            raise ValueError("the form is not valid")
        return declared._replace(gross_mass_g=None, accepted_at=None, accepted_place=None)


def new_token() -> str:
    return uuid.uuid4().hex


def _text(label: str, help_text: str = "", **attrs: str) -> forms.CharField:
    # A counter's browser must not offer the next sender what the last one told.
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _number(label: str, help_text: str = "") -> forms.CharField:
    return _text(label, help_text, inputmode="numeric")


_FIELDS: Final[Mapping[str, Callable[[], forms.Field]]] = {
    "sender_name": lambda: _text("Name"),
    "sender_phone": lambda: _text("Phone (if any)", inputmode="tel"),
    "sender_email": lambda: _text("E-mail (if any)", inputmode="email"),
    "contact_by": lambda: forms.ChoiceField(
        label="How to reach the sender",
        choices=[("", "—"), *((each, _CONTACT_BY[each]) for each in checks.CONTACT_BY)],
        required=False,
    ),
    "relationship": lambda: _text("The sender is (if told)", "Mother, brother, friend."),
    "prisoner_name": lambda: _text("Name"),
    "prisoner_birth_date": lambda: _text(
        "Born (if known)", "1990, 1990-04 or 1990-04-05: as much as is known."
    ),
    "prisoner_service_number": lambda: _text("Service number (if known)"),
    "declared_mass_g": lambda: _number("Mass as declared, in grams (if told)"),
    "gross_mass_g": lambda: _number(
        "Weighed here, in grams", "With it the parcel is taken in at once. Empty: it is weighed later."
    ),
    "accepted_place": lambda: _text("Place", "Empty: the round's own collection point."),
}


def _goods() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for line in LINES:
        fields[f"{line}_description"] = _text("What it is")
        fields[f"{line}_quantity"] = _number("Pieces")
        fields[f"{line}_unit_mass_g"] = _number("Grams a piece")
    return fields
