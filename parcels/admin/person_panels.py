"""The parts of a person's page, in their order. Each shows what its reader may see, or nothing at all.

A new part is a function here or elsewhere, and its line in `PANELS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any, Final

from django.db.models import Q, QuerySet

from exchanges.access import visits_of_person
from exchanges.queries import claims_about
from parcels import addressees
from parcels.admin import person_rights
from parcels.admin.parcel_list import initials
from parcels.admin.person_forms import (
    ConsentForm,
    FactForm,
    KeepBackForm,
    KinshipForm,
    LetGoForm,
    SituationForm,
    Told,
    WithdrawForm,
)
from parcels.admin.reading import Reader
from parcels.models import Parcel
from people import access, dates, names, vault, withholding
from people.consents import consents_of
from people.dates import Comparison
from people.models import Fact, Kinship, Person, PersonKey, Role, SituationEvent, Withholding
from people.queries import key_of, names_of
from people.standing import Standing, Word, standing

_MOST: Final = 100
_CHECKS_TIES: Final = frozenset({Role.REGISTRAR.value, Role.LIAISON.value})


class Looking:
    """One reader before one person. What several parts need is read once."""

    def __init__(self, reader: Reader, person: Person) -> None:
        self.reader, self.person = reader, person
        self.ties = addressees.ties(reader.actor, person)
        self.seen = access.sight(reader.actor, person, self.ties)

    @cached_property
    def facts(self) -> list[tuple[Fact, str]] | None:
        """Return what they may read, newest first; None once it was erased."""
        try:
            key = key_of(self.person.pk)
        except PersonKey.DoesNotExist:
            return None
        rows = access.facts(self.reader.actor, self.person, self.ties).order_by("-recorded_at", "-pk")
        return [(fact, vault.unseal(key, fact.sealed, place=vault.FACT_PLACE, row=fact.pk)) for fact in rows]

    @cached_property
    def events(self) -> list[SituationEvent]:
        """Return what they may know became of the person, the latest day first."""
        rows = access.events(self.reader.actor, self.person, self.ties)
        return list(rows.order_by("-happened_on", "-pk"))

    @cached_property
    def standing(self) -> Standing:
        return standing(
            Word(each.pk, each.situation, each.happened_on, each.stated_by) for each in self.events
        )

    @cached_property
    def kept(self) -> list[Withholding]:
        if not self.seen.withheld:
            return []
        rows = withholding.kept_now([self.person.pk]).select_related("fact", "event", "recorded_by")
        return list(rows.order_by("review_on", "pk"))

    def forms(self) -> dict[str, Told]:
        """Return the forms that this reader has here, empty."""
        return {form.deed: form for form in (make(self, None) for make in FORMS.values()) if form}


Panel = Mapping[str, Any]
MakePanel = Callable[[Looking], Panel | None]
MakeForm = Callable[[Looking, Mapping[str, Any] | None], Told | None]


def _known(looking: Looking) -> Panel:
    told = looking.facts
    if told is None:
        return {"template": "known", "rows": None}
    hidden = {each.fact_id for each in looking.kept}
    rows = [(fact, _text(fact, text), fact.pk in hidden) for fact, text in told]
    ours = looking.seen.own_office
    return {"template": "known", "rows": rows, "ours": ours, "differences": _differences(told)}


def _text(fact: Fact, text: str) -> str:
    if fact.kind == Fact.Kind.CONTACT:
        return ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in json.loads(text).items())
    return dates.in_words(text) if fact.kind == Fact.Kind.BIRTH_DATE else text


def _differences(told: Iterable[tuple[Fact, str]]) -> list[str]:
    """Say which dates of birth do not fit each other, and how."""
    born = sorted({text for fact, text in told if fact.kind == Fact.Kind.BIRTH_DATE})
    found = [(a, b, dates.compare(a, b)) for a, b in combinations(born, 2)]
    return [
        f"{dates.in_words(a)} and {dates.in_words(b)}: {how}"
        for a, b, how in found
        if how in (Comparison.SWAPPED, Comparison.CONTRADICTS)
    ]


def _became(looking: Looking) -> Panel | None:
    if not looking.seen.events or looking.person.kind != Person.Kind.PRISONER:
        return None
    hidden = {each.event_id for each in looking.kept}
    founded = looking.standing.founded
    rows = [
        (each, each.pk in hidden, founded is not None and each.pk == founded.id, _recorder(each, looking))
        for each in looking.events
    ]
    return {"template": "became", "rows": rows, "standing": looking.standing}


def _recorder(event: SituationEvent, looking: Looking) -> str:
    """Name staff to their own organisation only."""
    if event.organisation_id == looking.reader.organisation:
        return str(event.recorded_by)
    return str(event.organisation or "")


def _kept_back(looking: Looking) -> Panel | None:
    if not looking.seen.withheld:
        return None
    texts = {fact.pk: f"{fact.get_kind_display()}: {_text(fact, text)}" for fact, text in looking.facts or []}
    rows = [
        (each, texts.get(each.fact_id or 0, "erased") if each.event is None else str(each.event))
        for each in looking.kept
    ]
    ours = looking.seen.own_office
    return {"template": "kept_back", "rows": rows, "ours": ours, "let_go": LetGoForm if ours else None}


def _kin(looking: Looking) -> Panel | None:
    if not looking.seen.own_office:
        return None
    is_sender = looking.person.kind == Person.Kind.SENDER
    ties: QuerySet[Kinship] = (
        looking.person.ties_to_others if is_sender else looking.person.ties_of_senders
    ).select_related("sender", "person", "source", "checked_by")
    rows = list(ties.order_by("-pk")[:_MOST])
    others = {each.pk: each.person if is_sender else each.sender for each in rows}
    named = names_of(other.pk for other in others.values()) if rows else {}
    return {
        "template": "kin",
        "rows": [(each, others[each.pk], named.get(others[each.pk].pk, "erased")) for each in rows],
    }


def _agreed(looking: Looking) -> Panel | None:
    if not looking.seen.own_office or looking.person.kind == Person.Kind.PRISONER:
        return None
    rows = looking.person.consents.select_related("recorded_by").order_by("-pk")[:_MOST]
    return {"template": "agreed", "rows": rows, "now": list(consents_of(looking.person).values())}


def _visits(looking: Looking) -> Panel | None:
    rows = list(visits_of_person(looking.reader.actor, looking.person.pk)[:_MOST])
    return {"template": "visits", "rows": rows} if rows or looking.seen.own_office else None


def _claims(looking: Looking) -> Panel | None:
    """Show every account; that the page was opened is recorded, and with it that these words were."""
    ours = looking.seen.own_office
    timeline = claims_about(looking.person, for_=looking.reader.actor)
    if not timeline.rows and not ours:
        return None
    # A claim is recorded about people of one's own office.
    return {
        "template": "claims",
        "timeline": timeline,
        "about": looking.person.reference if ours else "",
    }


def _parcels(looking: Looking) -> Panel:
    theirs = Q(recipient=looking.person)
    if looking.seen.own_office:
        theirs |= Q(sender=looking.person)
    rows = Parcel.objects.filter(looking.reader.theirs).filter(theirs).order_by("-pk")[:50]
    return {"template": "parcels", "rows": rows}


def _detention(looking: Looking) -> Panel | None:
    return {"template": "detention"} if looking.seen.detention else None


PANELS: Final[list[MakePanel]] = [
    _known, _became, _kept_back, _kin, _agreed, person_rights.panel, _detention, _visits, _claims, _parcels,
]  # fmt: skip


def panels(looking: Looking) -> list[dict[str, Any]]:
    made = (make(looking) for make in PANELS)
    return [{**panel, "template": f"admin/people/panels/{panel['template']}.html"} for panel in made if panel]


def _situation_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    return SituationForm(data) if looking.seen.states else None


def _fact_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    return FactForm(data) if looking.seen.tells and looking.facts is not None else None


def _kinship_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    if not looking.seen.own_office or not looking.reader.roles & _CHECKS_TIES:
        return None
    return KinshipForm(data, others=_others(looking))


def _others(looking: Looking) -> dict[int, str]:
    """Return who is at the other end of their parcels, by initials."""
    end, other = (
        ("sender", "recipient") if looking.person.kind == Person.Kind.SENDER else ("recipient", "sender")
    )
    ours = Parcel.objects.filter(
        **{end: looking.person, "round__sending": looking.reader.organisation},
        **{f"{other}__organisation": looking.reader.organisation},
    )
    found = dict(ours.order_by(other).distinct().values_list(other, f"{other}__reference")[:_MOST])
    named = names_of(found) if found else {}
    return {pk: f"{initials(named.get(pk, ''))} {reference}" for pk, reference in found.items()}


def _consent_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    by_consent = looking.person.kind != Person.Kind.PRISONER
    return ConsentForm(data) if looking.seen.own_office and by_consent else None


def _withdraw_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    if not looking.seen.own_office:
        return None
    given = [purpose for purpose, last in consents_of(looking.person).items() if last.given]
    return WithdrawForm(data, given=given) if given else None


def _keep_back_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    if not looking.seen.withheld or not looking.seen.own_office:
        return None
    return KeepBackForm(data, things=_things(looking.facts or [], looking.events))


def _things(told: Sequence[tuple[Fact, str]], events: Sequence[SituationEvent]) -> dict[str, str]:
    return {
        **{f"event:{each.pk}": str(each) for each in events},
        **{f"fact:{fact.pk}": f"{fact.get_kind_display()}: {_text(fact, text)}" for fact, text in told},
    }


def _let_go_form(looking: Looking, data: Mapping[str, Any] | None) -> Told | None:
    return LetGoForm(data) if looking.seen.withheld and looking.seen.own_office else None


FORMS: Final[Mapping[str, MakeForm]] = {
    "situation": _situation_form,
    "fact": _fact_form,
    "kinship": _kinship_form,
    "consent": _consent_form,
    "withdraw": _withdraw_form,
    "keep_back": _keep_back_form,
    "let_go": _let_go_form,
    "request": person_rights.request_form,
    "hold": person_rights.hold_form,
    "lift": person_rights.lift_form,
}


def summary(looking: Looking) -> dict[str, Any]:
    """Return who it is, at a glance: the office's own word first."""
    first: dict[str, str] = {}
    told = looking.facts or []
    for fact, text in sorted(told, key=lambda each: each[0].source_id != looking.person.organisation_id):
        first.setdefault(fact.kind, _text(fact, text))
    name, latin = first.get(Fact.Kind.NAME, ""), first.get(Fact.Kind.NAME_LATIN, "")
    derived = names.to_latin(name)
    return {
        "name": name,
        "latin": latin or (derived if derived != name else ""),
        "derived": not latin,
        "born": first.get(Fact.Kind.BIRTH_DATE, ""),
        "standing": looking.standing if looking.seen.events and looking.events else None,
    }
