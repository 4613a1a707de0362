"""What has to be told for each move: codes, masses and references. Words about people are notes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property

from exchanges.models import ContentRule
from parcels.actions import Described
from parcels.actions.conditions import FATES
from parcels.admin import words
from parcels.declarations import MOST_MASS_G, MOST_TEXT
from parcels.lifecycle import MOVES, OBSERVE, Kind, Status
from parcels.models import Consignment, Line, Parcel
from people.models import Organisation

Choices = Sequence[tuple[str, str]]

REASONS: Final[Mapping[str, Choices]] = {
    "reopen": (("found", "something was found"), ("sender_objects", "the sender objects")),
    "unpack": (
        ("recheck", "to be checked again"),
        ("wrong_consignment", "packed into the wrong consignment"),
        ("damaged", "damaged"),
        ("sender_asks", "the sender asks for it"),
    ),
    "send_back": (
        ("sender_asks", "the sender asks for it"),
        ("not_amended", "not amended in time"),
        ("round_closed", "the round has closed"),
        ("agreement_ended", "the agreement has ended"),
    ),
    "fail": (
        ("addressee_not_there", "the addressee is not there"),
        ("addressee_declines", "the addressee declines it"),
        ("not_admitted", "not admitted at the examination"),
        ("damaged", "damaged"),
        ("unknown", "not known"),
    ),
    "bring_back": (
        ("not_taken_over", "it was not taken over"),
        ("undeliverable", "it could not be delivered"),
        ("no_way_on", "there is no way on"),
        ("agreed", "the sides agreed so"),
    ),
    "dispose": (
        ("spoiled", "spoiled"),
        ("sender_agrees", "the sender agrees"),
        ("cannot_travel", "it may not travel back"),
    ),
    "correct": (
        ("wrong_parcel", "it was another parcel"),
        ("wrong_move", "it was another move"),
        ("wrong_details", "what was told with it is wrong"),
    ),
}
METHODS: Final = (("destroyed", "destroyed"), ("given", "given to other prisoners"))
SEARCHED: Final = (
    ("lists", "the lists of both sides"),
    ("stores", "stores and collection points"),
    ("transport", "transport papers"),
    ("addressee", "the addressee was asked"),
)
COMPLETE: Final = (("yes", "yes"), ("partly", "partly"), ("unknown", "not known"))
EXAMINED: Final = (
    ("addressee", "the addressee"),
    ("delegate", "his delegate"),
    ("nobody", "nobody"),
    ("unknown", "not known"),
)

# What the rules say besides of a line, and why it may stay out.
_BESIDE_RULES: Final = (
    ("OVER_MASS", "Over the mass allowed (OVER_MASS)"),
    ("BOOKS_APART", "Books go apart from food and clothing (BOOKS_APART)"),
)
_AT_THE_COUNTER: Final = ("SENDER_ASKS", "The sender does not want to send it (SENDER_ASKS)")

# Beyond what the table demands.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": ("lines_removed",),
    "unpack": ("old_seal", "new_seal"),
    "entrust": ("document",),
    "admit": ("lines_removed",),
    "report_missing": ("document",),
    "return": ("document",),
    "redirect": ("document",),
}


class MoveForm(forms.Form):
    """One form for a move with one parcel or many. `speakers` are in whose name it may be recorded.

    :param opens: whether the parcel's contents are for its reader
    :param checking: whether it is sent to see what the rules say, and nothing is asked of it yet
    """

    once = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(
        self,
        *args: Any,
        move: str,
        parcels: Sequence[Parcel],
        speakers: Sequence[Organisation | None] = (None,),
        opens: bool = False,
        checking: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.move, self.parcels, self.speakers = move, parcels, speakers
        self.opens, self.checking = opens, checking
        self.fields["once"].initial = uuid.uuid4().hex
        self.names = [name for name in self._names() if name != "lines_removed"]
        for name in self.names:
            self._add(name)
        if self._tells_lines():
            self._add_lines()
        if move in MOVES and MOVES[move].kind is Kind.FACT:
            self._add_when()
            self._add_speaker()
        if checking:
            for field in self.fields.values():
                field.required = False

    def _names(self) -> Sequence[str]:
        needed = MOVES[self.move].needs if self.move in MOVES else ()
        return (*needed, *_ALSO.get(self.move, ()))

    def _tells_lines(self) -> bool:
        return self.opens and "lines_removed" in self._names() and len(self.parcels) == 1

    def _add(self, name: str) -> None:
        if name == "gross_mass_g" and len(self.parcels) > 1:
            for parcel in self.parcels:
                self.fields[f"gross_mass_g_{parcel.number}"] = _mass(parcel)
            return
        field = FIELDS[name](self)
        field.required = name not in _ALSO.get(self.move, ())
        self.fields[name] = field

    def _add_lines(self) -> None:
        at_the_counter = self.move == "accept"
        reasons = _reasons_for_lines(self.parcels[0], (_AT_THE_COUNTER,) if at_the_counter else ())
        for line in self.lines:
            prefix = f"line_{line.number}"
            self.fields[f"{prefix}_count"] = forms.IntegerField(
                label="Pieces taken back" if at_the_counter else "Pieces taken out",
                min_value=0,
                # Not what is left now: the same form sent twice takes out the same pieces once.
                max_value=line.quantity,
                required=False,
            )
            self.fields[f"{prefix}_reason"] = forms.ChoiceField(label="Why", choices=reasons, required=False)
            if self.move in ("accept", "amend"):
                self.fields[f"{prefix}_is"] = forms.CharField(
                    label="What the rest really is",
                    max_length=MOST_TEXT,
                    required=False,
                    help_text="Where it is something else than was declared: it is screened by these words.",
                )
            if not at_the_counter:
                self.fields[f"{prefix}_fate"] = forms.ChoiceField(
                    label="What became of them",
                    choices=[("", "—"), *((fate, Line.Fate(fate).label) for fate in FATES)],
                    required=False,
                )

    def _add_when(self) -> None:
        self.fields["happened_at"] = forms.DateTimeField(
            label="When it happened",
            initial=timezone.localtime,
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            help_text=f"In the time of your office ({timezone.get_current_timezone_name()}).",
        )

    def _add_speaker(self) -> None:
        if all(speaker is None for speaker in self.speakers):
            return
        self.fields["on_behalf_of"] = forms.ChoiceField(
            label="Stated by",
            choices=[
                (speaker.code, speaker.name_en) if speaker else ("", "our own office")
                for speaker in self.speakers
            ],
            required=None not in self.speakers,
            help_text="Recorded by you, shown as that party's statement.",
        )
        if "document" not in self.fields:
            self.fields["document"] = _reference("Paper it stands on")
            self.fields["document"].required = False

    @cached_property
    def lines(self) -> list[Line]:
        return list(self.parcels[0].lines.order_by("number"))

    def line_rows(self) -> Iterator[tuple[Line, list[forms.BoundField]]]:
        if self._tells_lines():
            for line in self.lines:
                names = [f"line_{line.number}_{part}" for part in ("count", "reason", "fate", "is")]
                yield line, [self[name] for name in names if name in self.fields]

    def plain(self) -> list[forms.BoundField]:
        """Return the fields that are not part of the table of lines or of masses."""
        return [
            self[name]
            for name in self.fields
            if name != "once" and not name.startswith(("line_", "gross_mass_g_"))
        ]

    def masses(self) -> list[tuple[Parcel, forms.BoundField]]:
        return [
            (parcel, self[name])
            for parcel in self.parcels
            if (name := f"gross_mass_g_{parcel.number}") in self.fields
        ]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("on_behalf_of") and not told.get("document"):
            self.add_error("document", "Name the paper on which the other party states it.")
        for prefix in [] if self.checking else self._prefixes():
            missing = [part for part in ("reason", "fate") if self._is_missing(f"{prefix}_{part}", told)]
            if told.get(f"{prefix}_count") and missing:
                self.add_error(
                    f"{prefix}_count",
                    "Say why." if self.move == "accept" else "Say why, and what became of them.",
                )
        return told

    def _prefixes(self) -> list[str]:
        return [name.removesuffix("_count") for name in self.fields if name.endswith("_count")]

    def _is_missing(self, name: str, told: Mapping[str, Any]) -> bool:
        return name in self.fields and not told.get(name)

    def happened_at(self, now: datetime) -> datetime:
        told: datetime | None = self.cleaned_data.get("happened_at")
        return told or now

    def details(self, parcel: Parcel) -> dict[str, Any]:
        """Return what the movement of this parcel keeps."""
        told = self.cleaned_data
        names = [*self.names, "on_behalf_of", "document"]
        details = {name: told[name] for name in names if told.get(name) not in (None, "")}
        if (mass := told.get(f"gross_mass_g_{parcel.number}")) is not None:
            details["gross_mass_g"] = mass
        if "corrects" in details:
            details["corrects"] = int(details["corrects"])
        if "lines_removed" in self._names():
            removed = list(self._removed())
            if removed or self.move == "amend":
                details["lines_removed"] = removed
        return details

    def described(self) -> list[Described]:
        """Return what lines really hold, for those that were told to hold something else."""
        return [
            Described(int(name.removeprefix("line_").removesuffix("_is")), text)
            for name, text in self.cleaned_data.items()
            if name.startswith("line_") and name.endswith("_is") and text
        ]

    def _removed(self) -> Iterator[dict[str, Any]]:
        for prefix in self._prefixes():
            if count := self.cleaned_data[f"{prefix}_count"]:
                yield {
                    "line": int(prefix.removeprefix("line_")),
                    "count": count,
                    "reason": self.cleaned_data[f"{prefix}_reason"],
                    "fate": self.cleaned_data.get(f"{prefix}_fate", Line.Fate.RETURNED.value),
                }


def _choice(label: str, choices: Choices, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "—"), *choices], help_text=help_text)


def _reference(label: str, help_text: str = "A reference, no names.") -> forms.CharField:
    return forms.CharField(label=label, max_length=60, help_text=help_text)


def _mass(parcel: Parcel | None = None) -> forms.IntegerField:
    declared = parcel.declared_mass_g if parcel else None
    return forms.IntegerField(
        label=f"Mass of {parcel.number} in grams" if parcel else "Mass in grams",
        min_value=1,
        max_value=MOST_MASS_G,
        help_text=f"Declared: {declared} g." if declared else "",
    )


def _one_mass(form: MoveForm) -> forms.Field:
    return _mass(form.parcels[0] if len(form.parcels) == 1 else None)


def _place(form: MoveForm) -> forms.Field:
    field = _reference("Place", "The collection point, no names.")
    field.initial = form.parcels[0].round.collection_point if form.parcels else ""
    return field


def _reason(form: MoveForm) -> forms.Field:
    return _choice("Reason", REASONS[form.move])


def _consignment(form: MoveForm) -> forms.Field:
    rounds = {parcel.round_id for parcel in form.parcels}
    open_ = Consignment.objects.filter(status=Consignment.Status.OPEN, round__in=rounds).order_by("-pk")
    choices = [(each.number, f"{each.number} (open)") for each in open_]
    hint = "" if choices else "No consignment of this round is open: make one first."
    return _choice("Consignment", choices, hint)


def _last_holder(form: MoveForm) -> forms.Field:
    round_ = form.parcels[0].round
    ends = (round_.sending, round_.neutral, round_.holding)
    return _choice("Who held it last", [(end.code, end.name_en) for end in ends if end])


def _searched(form: MoveForm) -> forms.Field:
    return forms.MultipleChoiceField(
        label="What was searched", choices=SEARCHED, widget=forms.CheckboxSelectMultiple
    )


def _corrects(form: MoveForm) -> forms.Field:
    """Only the last movement that counts can be undone, so there is one choice."""
    movements = form.parcels[0].movements.exclude(move__in=(OBSERVE, "correct")).filter(number__gt=1)
    undone = form.parcels[0].movements.filter(corrects__isnull=False).values("corrects")
    last = movements.exclude(number__in=undone).order_by("-number").first()
    choices = [(str(last.number), f"{last.number}. {words.DONE[last.move]}")] if last else []
    return forms.ChoiceField(label="Movement to undo", choices=choices)


def _evidence(form: MoveForm) -> forms.Field:
    return _choice("Evidence", words.EVIDENCE[:2] if form.move == "confirm" else words.EVIDENCE)


def _where(form: MoveForm) -> forms.Field:
    return _choice("Found in status", [(status.value, words.STATUS[status]) for status in _found_in()])


def _found_in() -> tuple[Status, ...]:
    return MOVES["find"].targets


def _reasons_for_lines(parcel: Parcel, besides: Choices) -> list[tuple[str, str]]:
    rules = ContentRule.objects.filter(terms=parcel.round.terms_id).order_by("name_en")
    codes: dict[str, str] = {}
    for rule in rules:
        codes.setdefault(rule.reason_code, f"{rule.name_en} ({rule.reason_code})")
    return [("", "—"), *codes.items(), *_BESIDE_RULES, *besides]


FIELDS: Final[Mapping[str, Callable[[MoveForm], forms.Field]]] = {
    "gross_mass_g": _one_mass,
    "place": _place,
    "reason": _reason,
    "consignment": _consignment,
    "seal": lambda form: _reference("Seal"),
    "old_seal": lambda form: _reference("Seal that was on it", "Once the consignment is sealed."),
    "new_seal": lambda form: _reference("New seal", "Once the consignment is sealed."),
    "act": lambda form: _reference("Act of hand-over"),
    "document": lambda form: _reference("Paper it stands on"),
    "examined_before": lambda form: _choice("Examined before", EXAMINED, "GC III 76."),
    "evidence": _evidence,
    "complete": lambda form: _choice("Complete", COMPLETE),
    "where": _where,
    "method": lambda form: _choice("Method", METHODS),
    "last_holder": _last_holder,
    "searched": _searched,
    "corrects": _corrects,
}
