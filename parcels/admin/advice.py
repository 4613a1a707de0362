"""What the rules say of things at the counter, to the registrar and in the sender's languages.

The terms alone decide. Nothing here depends on whether, how often or as whom the addressee is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from exchanges.models import Terms
from parcels import screening
from parcels.admin.forms import MoveForm
from parcels.admin.parcel_page import worded
from parcels.assessment import explain, item_of, judge
from parcels.declarations import DeclaredLine
from parcels.models import Line
from parcels.screening import Item

LANGUAGES: Final = (("en", "English"), ("ru", "Русский"), ("uk", "Українська"))
_OF_THE_WHOLE: Final[Mapping[str, str]] = {
    "allow": "The rules allow all of it.",
    "limit": "The rules allow all of it, within their limits.",
    "redirect": "Something should go another way.",
    "review": "A person will have to decide on something.",
    "prohibit": "Something may not be sent.",
}
_TONES: Final[Mapping[str, str]] = {
    "allow": "ready",
    "limit": "ready",
    "redirect": "look",
    "review": "look",
    "prohibit": "hard",
}


class Advice(NamedTuple):
    verdict: str
    whole: Sequence[Mapping[str, Any]]
    by_line: Mapping[int, Sequence[Mapping[str, Any]]]

    @property
    def sentence(self) -> str:
        return _OF_THE_WHOLE[self.verdict]

    @property
    def tone(self) -> str:
        return _TONES[self.verdict]


def advise(items: Sequence[Item], terms: Terms, *, mass_g: int | None) -> Advice:
    judged = judge(items, terms, mass_g=mass_g)
    found: dict[int | None, list[Mapping[str, Any]]] = {}
    for finding, rule in judged:
        told = [(code, explain(rule, finding.code, code)[1], name) for code, name in LANGUAGES]
        shown = worded(finding.verdict, finding.code, rule, terms)
        found.setdefault(finding.line, []).append({**shown, "family": [each for each in told if each[1]]})
    verdict = screening.strictest([finding.verdict for finding, _ in judged])
    whole = found.pop(None, [])
    return Advice(verdict, whole, {line: rows for line, rows in found.items() if line is not None})


def of_lines(lines: Sequence[Line]) -> list[Item]:
    """Return what is left of a parcel's lines, as the workers will read them."""
    return [_item(line, line.quantity - line.removed) for line in lines if line.quantity > line.removed]


def of_form(form: MoveForm) -> Advice:
    """Advise on the parcel as the form tells it was found, or as declared where it tells nothing yet.

    Untold, the form then offers what the rules say as the reason why a line is taken back.
    """
    parcel = form.parcels[0]
    mass_g = getattr(form, "cleaned_data", {}).get("gross_mass_g") or parcel.declared_mass_g
    said = advise(list(_found(form)), parcel.round.terms, mass_g=mass_g)
    for line, findings in said.by_line.items():
        form.fields[f"line_{line}_reason"].initial = findings[0]["code"]
    return said


def _found(form: MoveForm) -> Iterator[Item]:
    told: Mapping[str, Any] = getattr(form, "cleaned_data", {})
    for line in form.lines:
        left = line.quantity - line.removed - (told.get(f"line_{line.number}_count") or 0)
        if left < 1:
            continue
        if text := told.get(f"line_{line.number}_is"):
            yield item_of(DeclaredLine(text, left, line.unit_mass_g), line.number)
        else:
            yield _item(line, left)


def _item(line: Line, pieces: int) -> Item:
    categories = (line.category, *line.also)
    return Item(line.number, categories, line.exact, pieces, line.unit_mass_g or 0)
