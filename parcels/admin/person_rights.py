"""The part of a person's page on what they asked about their own data, and what is therefore not done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from parcels.admin.person_forms import Told, Wrong
from people import approvals, requests
from people.actors import OFFICERS, Actor
from people.models import Consent, Person, Purpose, Restriction, RightsRequest
from people.processing import marks_of
from people.requests import Asked, NotPossible

if TYPE_CHECKING:
    from parcels.admin.person_panels import Looking

_EMPTY = ("", "—")
_ON_THE_PAGE = 20


class RequestForm(Told):
    deed, title, button = "request", "Record a request about their data", "Record it"
    note = "The deadline counts from when it came in. An objection or a restriction is in force at once."

    kind = forms.ChoiceField(label="They ask", choices=[_EMPTY, *RightsRequest.Kind.choices])
    purpose = forms.ChoiceField(
        label="Purpose they object to", choices=[_EMPTY, *Purpose.choices], required=False
    )
    asked_by = forms.ChoiceField(label="Asked by", choices=[_EMPTY, *RightsRequest.AskedBy.choices])
    identity = forms.ChoiceField(
        label="How we know who it is", choices=[_EMPTY, *RightsRequest.Identity.choices]
    )
    channel = forms.ChoiceField(label="It came in", choices=[_EMPTY, *Consent.Channel.choices])
    document = forms.CharField(
        label="Paper or mandate", max_length=120, required=False, help_text="A reference, no names."
    )
    received_at = forms.DateTimeField(
        label="When it came in", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


class HoldForm(Told):
    deed, title, button = "hold", "Keep this record past its term", "Propose it"
    note = "For a claim, a court or an incident. Two officers decide; it ends by itself on that day."

    until_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))


class LiftForm(Told):
    deed, title, button = "lift", "End a mark", "Propose to end it"

    mark = forms.ChoiceField(choices=Restriction.Mark.choices, widget=forms.HiddenInput)
    purpose = forms.ChoiceField(
        choices=[("", ""), *Purpose.choices], required=False, widget=forms.HiddenInput
    )


def may_record(looking: Looking) -> bool:
    return looking.seen.own_office and bool(looking.reader.roles & OFFICERS)


def panel(looking: Looking) -> Mapping[str, Any] | None:
    """Everybody of the office reads the marks; officers also what was asked."""
    if not looking.seen.own_office:
        return None
    officer = may_record(looking)
    asked = looking.person.rights_requests.order_by("-pk")[:_ON_THE_PAGE] if officer else []
    return {
        "template": "rights",
        "marks": marks_of(looking.person, timezone.localdate()).rows,
        "asked": asked,
        "officer": officer,
        "erased": getattr(looking.person, "erasure", None),
        "now": timezone.now(),
    }


_Data = Mapping[str, Any] | None


def request_form(looking: Looking, data: _Data) -> Told | None:
    return RequestForm(data) if may_record(looking) and looking.facts is not None else None


def hold_form(looking: Looking, data: _Data) -> Told | None:
    return HoldForm(data) if may_record(looking) and looking.facts is not None else None


def lift_form(looking: Looking, data: _Data) -> Told | None:
    return LiftForm(data) if may_record(looking) else None


def request(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    with _said():
        made = requests.record(person, Asked(**told), by=by, now=now)
    if made.outcome:
        return "Recorded, and in force now."
    return f"Recorded. It is due by {timezone.localtime(made.due_at):%-d %b %Y, %H:%M}."


def hold(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    with _said():
        requests.propose_hold(person, told["until_on"], by=by, now=now)
    return "Proposed. It waits for a second officer."


def lift(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    with _said():
        requests.propose_to_lift(person, told["mark"], told["purpose"], by=by, now=now)
    return "Proposed. It waits for a second officer."


@contextmanager
def _said() -> Iterator[None]:
    """Say above the form why something was not done."""
    try:
        yield
    except NotPossible as why:
        raise Wrong(None, str(why)) from None
    except approvals.NotOpen:
        raise Wrong(None, "This waits for a second officer already.") from None
