"""Who is in, and for how long: 15 minutes without use, 8 hours in all (ASVS 5.0 7.3), until ended.

Django's session says whose it is; that the second factor was given, and when, is in a row of our own. Without
that row a session is nobody's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.contrib.auth import login
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from people import rights
from people.models import Staff, StaffSession
from people.signin.passwords import BACKEND

IDLE: Final = timedelta(minutes=15)
WHOLE: Final = timedelta(hours=8)
# Written no more often than this; a session may end by as much too early, never too late.
_SEEN_EVERY: Final = timedelta(seconds=30)
_ROW, _EXPIRED = "lifeline.session", "lifeline.expired"
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)


class EndsIn(NamedTuple):
    """How many seconds a session goes on: without use, and in any case."""

    idle_s: int
    whole_s: int


class StaffSessionMiddleware(AuthenticationMiddleware):
    """Lets `request.user` be somebody only where the session is alive and has its second factor."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        known: Any = request.user
        request.user = SimpleLazyObject(lambda: _who(request, known))  # type: ignore[assignment]


def begin(request: HttpRequest, staff: Staff, way: str, now: datetime) -> None:
    """Begin a new session, with a new key: nothing of the one before stays."""
    if (before := of(request)) is not None:
        end(before.staff, only=before.pk)
    request.session.flush()
    login(request, staff, backend=BACKEND)
    request.META[_ROW] = StaffSession.objects.create(
        staff=staff,
        session_key=request.session.session_key or "",
        way=way,
        began_at=now,
        seen_at=now,
        fresh_at=now,
        browser=browser_of(request.META.get("HTTP_USER_AGENT", "")),
    )


def refresh(request: HttpRequest, now: datetime) -> None:
    """Note that they proved anew who they are; the session gets a new key."""
    row = of(request)
    if row is None:
        return
    request.session.cycle_key()
    row.session_key, row.fresh_at, row.seen_at = request.session.session_key or "", now, now
    row.save(update_fields=["session_key", "fresh_at", "seen_at"])


def of(request: HttpRequest) -> StaffSession | None:
    """Return the session of who is signed in."""
    if not isinstance(request.user, Staff):
        return None
    found: StaffSession | None = request.META.get(_ROW)
    return found


def ends_in(request: HttpRequest, now: datetime) -> EndsIn | None:
    """Return when the session of who is signed in ends, for the browser, which waits a second longer."""
    row = of(request)
    if row is None:
        return None
    return EndsIn(int(IDLE.total_seconds()) + 1, int((row.began_at + WHOLE - now).total_seconds()) + 1)


def expired(request: HttpRequest) -> int | None:
    """Return whose session this request found to be over."""
    return None if isinstance(request.user, Staff) else request.META.get(_EXPIRED)


def alive(staff: Staff, now: datetime) -> list[StaffSession]:
    rows = staff.sessions.filter(seen_at__gt=now - IDLE, began_at__gt=now - WHOLE)
    return list(rows.order_by("-seen_at", "-pk"))


def end(staff: Staff, *, but: str | None = "", only: int | None = None) -> int:
    """End sessions now: all, all but the one with the key `but`, or the one row `only`. Return how many."""
    rows = StaffSession.objects.filter(staff=staff).exclude(session_key=but or "")
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    rows.filter(session_key__in=keys).delete()
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)


def browser_of(agent: str) -> str:
    """Return the family of the browser, and no more of what it tells."""
    return next((name for mark, name in _BROWSERS if mark in agent), "another")


def _who(request: HttpRequest, known: Any) -> Any:
    before = request.session.session_key
    if not known.is_authenticated:
        return known
    if before != request.session.session_key:
        # Begun under an older secret: Django has given it a new key on the way.
        rows = StaffSession.objects.filter(session_key=before, staff=known.pk)
        rows.update(session_key=request.session.session_key)
    now = timezone.now()
    row = StaffSession.objects.filter(session_key=request.session.session_key, staff=known.pk).first()
    if row is not None and not _is_over(row, now) and rights.held(known):
        if now - row.seen_at >= _SEEN_EVERY:
            StaffSession.objects.filter(pk=row.pk).update(seen_at=now)
        request.META[_ROW] = row
        return known
    if row is not None:
        if _is_over(row, now):
            request.META[_EXPIRED] = row.staff_id
        StaffSession.objects.filter(pk=row.pk).delete()
    request.session.flush()
    return AnonymousUser()


def _is_over(row: StaffSession, now: datetime) -> bool:
    return now - row.seen_at > IDLE or now - row.began_at > WHOLE
