"""Step-up: what is most sensitive asks for a factor again, unless one was given in the last five minutes.

A form that comes later is not lost: the page that asks carries its fields along, and sends them again to the
same address together with the factor. Files cannot be carried, nor are passwords.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation

from people import rights
from people.actors import Actor, NotFresh
from people.desk import page, staff_of
from people.models import Staff, StaffSession
from people.signin import factors, links, passkeys, sessions
from people.signin.passwords import TooManyTries

FRESH_FOR: Final = timedelta(minutes=5)
_PREFIX: Final = "fresh-"
_PROOF, _THEN = f"{_PREFIX}proof", f"{_PREFIX}then"
Fields = list[tuple[str, str]]


def is_fresh(request: HttpRequest) -> bool:
    """Whether a factor was given in the last five minutes; coming in counts."""
    row = sessions.of(request)
    return row is not None and timezone.now() - row.fresh_at < FRESH_FOR


def require(request: HttpRequest) -> None:
    """Call it before anything is done.

    :raises NotFresh: which asks for a factor and then goes on with this very request
    """
    if not is_fresh(request):
        raise NotFresh


def actor_of(request: HttpRequest, organisation_id: int) -> Actor:
    """Return who asks as acting for this organisation, with the roles they hold in it now."""
    staff = staff_of(request)
    roles = rights.roles_in(staff, organisation_id)
    return Actor("staff", organisation_id, roles, staff_id=staff.pk, fresh=is_fresh(request))


class StepUpMiddleware:
    """Asks where `NotFresh` was raised, and takes the answer before the page it was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or not request.path.startswith(reverse("admin:index")):
            return None
        if _PROOF not in request.POST or not isinstance(request.user, Staff):
            return None
        return _take(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(exception, NotFresh) else None


def ask(request: HttpRequest, error: str = "", *, retry_after_s: int | None = None) -> HttpResponse:
    staff, row = staff_of(request), sessions.of(request)
    context = {
        "fields": carried(request),
        "action": request.get_full_path(),
        "then": request.POST.get(_THEN) or ("get" if request.method == "GET" else ""),
        "held": factors.held(staff),
        "here": row is not None and _is_here(request, row),
        "domain_fits": passkeys.domain_fits(request),
        "files": bool(request.FILES),
        "error": error,
    }
    status = HTTPStatus.FORBIDDEN if retry_after_s is None else HTTPStatus.TOO_MANY_REQUESTS
    with translation.override("en"):
        answer = page(
            request, "admin/signin/fresh.html", "Please confirm that it is you", context, status=status
        )
        answer.render()
    if retry_after_s is not None:
        answer["Retry-After"] = str(retry_after_s)
    answer["Cache-Control"] = "no-store"
    return answer


def options(request: HttpRequest) -> HttpResponse:
    """Answer with what the browser is asked for, for a passkey of who is in."""
    staff = staff_of(request)
    return JsonResponse(dict(passkeys.ask_for_one(request, "fresh", staff, timezone.now())))


def carried(request: HttpRequest) -> Fields:
    """Return the fields of a form as they came, without what no page should hold a second time."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith(_PREFIX) and "password" not in name
        for value in values
    ]


def _take(request: HttpRequest) -> HttpResponse | None:
    """Go on with the request if the factor is right."""
    try:
        error = _prove(request)
    except TooManyTries as refused:
        wait = -(-refused.retry_after_s // 60)
        return ask(
            request, f"Too many tries. Please wait {wait} minutes.", retry_after_s=refused.retry_after_s
        )
    if error:
        return ask(request, error)
    sessions.refresh(request, timezone.now())
    if request.POST.get(_THEN) == "get":
        return HttpResponseRedirect(request.get_full_path())
    told = request.POST.copy()
    for name in [name for name in told if name.startswith(_PREFIX)]:
        del told[name]
    request.POST = told  # type: ignore[assignment]
    return None


def _prove(request: HttpRequest) -> str:
    """Return what is wrong with the factor, in words; empty if nothing is."""
    staff, row, now = staff_of(request), sessions.of(request), timezone.now()
    proof = request.POST[_PROOF]
    if proof == "here" and row is not None and _is_here(request, row):
        return ""
    if proof == "passkey":
        try:
            passkeys.check(request, "fresh", staff, request.POST.get(f"{_PREFIX}answer", ""), now)
        except passkeys.NotAccepted as why:
            return str(why)
        return ""
    way = factors.check_code(staff, request.POST.get(f"{_PREFIX}code", ""), "fresh", now)
    if way is None:
        return "This code is wrong, or was used already. Wait for the next one."
    if way == StaffSession.Way.RECOVERY_CODE:
        messages.warning(
            request, f"A recovery code was used. You have {factors.held(staff).codes_left} left."
        )
    return ""


def _is_here(request: HttpRequest, row: StaffSession) -> bool:
    """The demonstration's factor is access to this machine; whoever came in by it proves it again."""
    return row.way == StaffSession.Way.THIS_MACHINE and links.from_this_machine(request)
