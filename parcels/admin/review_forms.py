"""A decision on a parcel in review, and a note, as forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms


class NoteForm(forms.Form):
    about = forms.ChoiceField(
        label="About", choices=(("recipient", "the addressee"), ("sender", "the sender"))
    )
    text = forms.CharField(label="Note", max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))


class BallotForm(forms.Form):
    """A screener's decision on a parcel, and on each line that was questioned."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=(("clear", "Clear: it may travel"), ("refuse", "Not accepted as packed")),
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(label="Reason, if not accepted", required=False)

    def __init__(
        self, *args: Any, reasons: Sequence[tuple[str, str]], lines: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = lines
        reason = self.fields["reason"]
        if isinstance(reason, forms.ChoiceField):
            reason.choices = [("", "—"), *reasons]
        for number in lines:
            self.fields[f"line_{number}"] = forms.ChoiceField(
                label=f"Line {number}",
                choices=(("", "as the whole"), ("allow", "allow"), ("prohibit", "prohibit")),
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("decision") == "refuse" and not told.get("reason"):
            self.add_error("reason", "Say why it is not accepted: the family reads the words for it.")
        if told.get("decision") == "clear" and "prohibit" in [told.get(f"line_{n}") for n in self.numbers]:
            self.add_error("decision", "A parcel with a prohibited line cannot be cleared.")
        return told

    def ballot(self) -> list[dict[str, Any]]:
        told = self.cleaned_data
        return [
            {"line": number, "verdict": told[f"line_{number}"]}
            for number in self.numbers
            if told[f"line_{number}"]
        ]
