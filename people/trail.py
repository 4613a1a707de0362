"""What every request leaves in the audit: what its entries have in common, and what it was refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars

from people import audit, throttle
from people.actors import Actor
from people.acts import Act
from people.audit import By, Trail, Who
from people.desk import page
from people.models import Staff
from people.stopping import Stopped

# Of one network and page in a minute: whoever knocks all day writes no more than this.
STRANGERS: Final = 60
_WINDOW: Final = timedelta(minutes=1)
_FORGED: Final = "lifeline.forged"
_ACTS: Final = {
    HTTPStatus.UNAUTHORIZED: Act.REFUSED,
    HTTPStatus.FORBIDDEN: Act.REFUSED,
    HTTPStatus.NOT_FOUND: Act.NOT_THEIRS,
    HTTPStatus.TOO_MANY_REQUESTS: Act.THROTTLED,
}


class AuditTrail:
    """Stands after authentication, so that it knows whose a request is, and sees what all checks answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.following(Trail(reference=_reference(), origin=_origin(request))) as trail:
            response = self.get_response(request)
            if not trail.refused:
                _record_refusal(request, response.status_code, trail)
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        audit.trail().route = _route(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say plainly why nothing is shown, and who lifts it."""
        if isinstance(error, Stopped):
            told = {"why": str(error)}
            return page(request, "admin/people/stopped.html", "Stopped", told, status=HTTPStatus.FORBIDDEN)
        return None


def forged(request: HttpRequest) -> None:
    """Say of a request that its form came without the proof that it was ours."""
    request.META[_FORGED] = True


def refuse_stranger(act: Act, subject_kind: str = "", subject: int | None = None, *, name: str = "") -> None:
    """Record what somebody unknown was refused, as long as their network does not only fill the audit."""
    told = audit.trail()
    told.refused = True
    if throttle.take(f"audit:{told.origin} {told.route} {act}", STRANGERS, _WINDOW).allowed:
        audit.refuse(By.STRANGER, act, subject_kind, subject, name=name)


def _record_refusal(request: HttpRequest, status: int, trail: Trail) -> None:
    act = _ACTS.get(HTTPStatus(status))
    if act is None:
        return
    who = _who(request)
    trail.route = trail.route or _route(request)
    kind, subject = _asked_for(request)
    if act is Act.NOT_THEIRS and (who is By.STRANGER or subject is None):
        return  # an address that never was
    if request.META.get(_FORGED):
        act = Act.FORGED
    if who is By.STRANGER:
        refuse_stranger(act, kind, subject if isinstance(subject, int) else None)
    else:
        audit.refuse(who, act, kind, subject if isinstance(subject, int) else None)


def _who(request: HttpRequest) -> Who:
    """Return whose request it was; who brought no cookie and no token is not looked up."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and "Authorization" not in request.headers:
        return By.STRANGER
    user: Any = getattr(request, "user", None)
    if isinstance(user, Staff):
        return Staff(pk=user.pk)
    return user if isinstance(user, Actor) else By.STRANGER


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or match.route if match else "")[:60]


def _asked_for(request: HttpRequest) -> tuple[str, int | str | None]:
    """Return the kind and the number of what the address names, as far as it does."""
    match = request.resolver_match
    if match is None or not match.kwargs or "url" in match.kwargs:  # an address of none of our pages
        return "", None
    value = str(next(iter(match.kwargs.values())))
    kind = (match.url_name or "").removesuffix("_change").removesuffix("_history").rpartition("_")[2]
    if "object_id" not in match.kwargs:
        kind = ""
    is_number = value.isascii() and value.isdigit() and len(value) <= 18
    return kind[:20], int(value) if is_number else value


def _reference() -> str:
    """Return the reference that the log has for this request, or one of our own."""
    return str(get_contextvars().get("reference") or secrets.token_hex(4))


def _origin(request: HttpRequest) -> str:
    return audit.origin_of(throttle.network_of(request, trusted_proxies=settings.TRUSTED_PROXIES))
