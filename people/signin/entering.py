"""The pages on which staff come in: a passkey by itself, or a password and then a second factor."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from people import throttle
from people.acts import Act
from people.audit import record
from people.desk import page
from people.models import Staff, StaffSession
from people.signin import factors, kept, passkeys, sessions
from people.signin.forms import SignInForm
from people.signin.passwords import TooManyTries, retry_after_s

_PENDING: Final = "password_given"
_PENDING_FOR: Final = timedelta(minutes=5)
# Each makes a session: a stranger's are bounded by network.
_ASKED: Final = 60
_ASKED_WINDOW: Final = timedelta(minutes=1)


def password(request: HttpRequest) -> HttpResponse:
    """Take name and password. They open nothing yet: the second factor is asked next."""
    if sessions.of(request) is not None and request.method == "GET":
        return HttpResponseRedirect(reverse("admin:index"))
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        staff = form.get_user()
        if factors.held(staff).any:
            return _ask_second(request, staff)
        form.add_error(
            None, "This account has no second factor yet. Ask a manager of your office to invite you."
        )
    return _show_password(request, form)


def second(request: HttpRequest) -> HttpResponse:
    """Take the second factor of whose password was right, within five minutes."""
    now = timezone.now()
    staff = _pending(request, now)
    if staff is None:
        messages.info(request, "That took too long. Please begin again.")
        return HttpResponseRedirect(reverse("admin:login"))
    if request.method != "POST":
        return _show_second(request, staff)
    try:
        way = factors.check_code(staff, request.POST.get("code", ""), "second", now)
    except TooManyTries as refused:
        return _too_many(_show_second(request, staff, _wait(refused.retry_after_s)), refused.retry_after_s)
    if way is None:
        return _show_second(request, staff, "This code is wrong, or was used already. Wait for the next one.")
    if way == StaffSession.Way.RECOVERY_CODE:
        left = factors.held(staff).codes_left
        messages.warning(
            request, f"You came in by a recovery code; {left} are left. Set up another way below."
        )
    return let_in(request, staff, way, now)


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Answer with what the browser is asked for."""
    network = throttle.network_of(request, trusted_proxies=settings.TRUSTED_PROXIES)
    taken = throttle.take(f"passkey-options:{network}", _ASKED, _ASKED_WINDOW)
    if not taken.allowed:
        return _too_many(JsonResponse({"error": _wait(taken.retry_after_s)}), taken.retry_after_s)
    now = timezone.now()
    return JsonResponse(dict(passkeys.ask_for_one(request, "sign_in", _asked_of(request, now), now)))


@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Let in by a passkey, which is both factors. No number of wrong passwords stands in its way."""
    now = timezone.now()
    try:
        staff = passkeys.check(
            request, "sign_in", _asked_of(request, now), request.POST.get("answer", ""), now
        )
    except passkeys.NotAccepted as why:
        return _show_password(request, SignInForm(request), str(why))
    except TooManyTries as refused:
        answer = _show_password(request, SignInForm(request), _wait(refused.retry_after_s))
        return _too_many(answer, refused.retry_after_s)
    if not staff.is_staff:
        return _show_password(request, SignInForm(request), "This account holds no right now.")
    return let_in(request, staff, StaffSession.Way.PASSKEY, now)


def let_in(request: HttpRequest, staff: Staff, way: StaffSession.Way, now: datetime) -> HttpResponse:
    """Begin the session of who gave both factors, and lead on to where they were going."""
    following, held = _next(request), kept.carry_over(request, staff.pk)
    sessions.begin(request, staff, way, now)
    record(staff, Act.SIGN_IN, purpose=way, now=now)
    if held:
        return HttpResponseRedirect(kept.hold(request, held))
    return HttpResponseRedirect(following)


def _ask_second(request: HttpRequest, staff: Staff) -> HttpResponse:
    following, held = _next(request), kept.carry_over(request, staff.pk)
    request.session.cycle_key()
    request.session[_PENDING] = {
        "staff": staff.pk, "until": (timezone.now() + _PENDING_FOR).isoformat(), "next": following,
    }  # fmt: skip
    if held:
        kept.hold(request, held)
    return HttpResponseRedirect(reverse("admin:login_second"))


def _pending(request: HttpRequest, now: datetime) -> Staff | None:
    told = request.session.get(_PENDING)
    if told is None or datetime.fromisoformat(told["until"]) < now:
        return None
    staff = Staff.objects.filter(pk=told["staff"], is_active=True).first()
    return staff if staff and staff.is_staff else None


def _asked_of(request: HttpRequest, now: datetime) -> Staff | None:
    """Return whose passkey is asked for as a second factor; None where it alone lets in."""
    return _pending(request, now) if request.POST.get("step") == "second" else None


def _next(request: HttpRequest) -> str:
    told = request.session.get(_PENDING) or {}
    following = request.POST.get("next") or request.GET.get("next") or told.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(following, {request.get_host()}, request.is_secure())
    return following if allowed else reverse("admin:index")


def _show_password(request: HttpRequest, form: SignInForm, error: str = "") -> HttpResponse:
    following = request.POST.get("next") or request.GET.get("next") or ""
    context: dict[str, Any] = {
        "form": form,
        "app_path": request.get_full_path()
        if request.path == reverse("admin:login")
        else reverse("admin:login"),
        "next": following,
        "error": error,
        "domain_fits": passkeys.domain_fits(request),
    }
    answer = page(request, "admin/login.html", "Sign in", context)
    return _too_many(answer, wait_s) if (wait_s := retry_after_s(request)) else answer


def _show_second(request: HttpRequest, staff: Staff, error: str = "") -> HttpResponse:
    context = {
        "error": error, "held": factors.held(staff), "who": staff,
        "domain_fits": passkeys.domain_fits(request),
    }  # fmt: skip
    return page(request, "admin/signin/second.html", "Second factor", context)


def _wait(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    return f"Too many tries. Please wait {minutes} minute{'s' if minutes > 1 else ''}."


def _too_many(answer: HttpResponse, wait_s: int) -> HttpResponse:
    answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
    answer["Retry-After"] = str(wait_s)
    return answer
