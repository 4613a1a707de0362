"""Whom somebody opened in this session, and what for. Of everybody else their pages show initials.

It lapses after a quarter of an hour without a look. A parcel that was scanned is open to a registrar, for the
work at the counter asks for no other purpose; with the next scan it is closed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from people.models import Purpose

LASTS: Final = timedelta(minutes=15)
SCANNED: Final = "scanned"
# The session's key: "person 12" or "parcel 12" to what for, and the second of the last look.
_KEPT: Final = "opened"
_PURPOSES: Final = tuple(
    (each.value, each.label.capitalize()) for each in Purpose if each is not Purpose.STATISTICS
)


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label="What for",
        choices=(("", "—"), *_PURPOSES),
        error_messages={"required": "Say what for: it is recorded with your name."},
    )


def open_for(request: HttpRequest, what: str, pk: int, purpose: str) -> None:
    """Remember that one person, or one parcel's people, are open for this purpose."""
    kept = _live(request)
    if purpose == SCANNED:
        kept = {name: told for name, told in kept.items() if told[0] != SCANNED}
    request.session[_KEPT] = {**kept, f"{what} {pk}": [purpose, int(timezone.now().timestamp())]}


def purpose_of(request: HttpRequest, what: str, pk: int) -> str:
    """Return what it is open for, "scanned", or "" where it is not; a look keeps it open."""
    kept = _live(request)
    purpose = str(kept.get(f"{what} {pk}", ("",))[0])
    if purpose:
        open_for(request, what, pk, purpose)
    return purpose


def _live(request: HttpRequest) -> Mapping[str, list[Any]]:
    since = (timezone.now() - LASTS).timestamp()
    kept: dict[str, list[Any]] = request.session.get(_KEPT, {})
    return {name: told for name, told in kept.items() if told[1] > since}
