"""What was typed into a form when the session ended meanwhile: sealed, and sent once they are in again."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from people import datakeys
from people.desk import page, staff_of
from people.signin import fresh, sessions

KEPT_FOR: Final = timedelta(hours=1)
_KEPT: Final = "kept"
_PLACE: Final = "people.kept"
_LARGEST: Final = 256 * 1024


class Kept(NamedTuple):
    staff: int
    path: str
    fields: list[tuple[str, str]]
    until: datetime


def keep_if_over(request: HttpRequest) -> None:
    """Keep a form that came too late, for the one whose session it was; strangers fill nothing."""
    staff_id = sessions.expired(request)
    if staff_id is None:
        return
    messages.info(request, "You were signed out: 15 minutes without use, or 8 hours in all.")
    if request.method != "POST":
        return
    told = [
        staff_id,
        request.get_full_path(),
        fresh.carried(request),
        (timezone.now() + KEPT_FOR).isoformat(),
    ]
    plain = json.dumps(told)
    if len(plain) > _LARGEST or request.FILES:
        messages.warning(request, "What you sent was too large to keep, or had a file. Nothing was done.")
        return
    request.session[_KEPT] = base64.b64encode(_sealed(staff_id, plain)).decode()
    messages.info(
        request, "What you typed is kept for an hour. Sign in again to send it; nothing was done yet."
    )


def _sealed(staff_id: int, plain: str) -> bytes:
    return datakeys.seal(datakeys.Kind.STAFF, staff_id, plain, place=_PLACE, row=staff_id)


def _opened(staff_id: int, sealed: bytes) -> str:
    return datakeys.unseal(datakeys.Kind.STAFF, staff_id, sealed, place=_PLACE, row=staff_id)


def of(request: HttpRequest, staff_id: int) -> Kept | None:
    """Return what was kept for this member of staff, and nobody else's."""
    sealed = request.session.get(_KEPT)
    if sealed is None:
        return None
    try:
        staff, path, fields, until = json.loads(_opened(staff_id, base64.b64decode(sealed)))
    except (ValueError, InvalidTag):
        return None
    found = Kept(staff, path, [(name, value) for name, value in fields], datetime.fromisoformat(until))
    return found if found.staff == staff_id and found.until > timezone.now() else None


def carry_over(request: HttpRequest, staff_id: int) -> str | None:
    """Return what the next session should hold on to; call it before the session begins."""
    sealed: str | None = request.session.get(_KEPT)
    return sealed if of(request, staff_id) else None


def hold(request: HttpRequest, sealed: str) -> str:
    """Hold on to it, and return the page where it is sent."""
    request.session[_KEPT] = sealed
    return reverse("admin:kept")


def send(request: HttpRequest) -> HttpResponse:
    """Show what was kept, with a button that sends it: nothing is done by signing in alone."""
    found = of(request, staff_of(request).pk)
    if found is None:
        raise Http404
    return page(request, "admin/signin/kept.html", "What you typed is here", {"kept": found})
