"""My account: how I come in, where I am in, and what became of it. Each looks after their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from people.acts import ACTS, Act
from people.desk import page, staff_of
from people.models import AuditEntry, Staff
from people.signin import factors, fresh, passkeys, recovery, sessions, totp
from people.signin.forms import ChangePasswordForm
from people.signin.passwords import TooManyTries, take_try

_ACTS: Final = {
    Act.SIGN_IN: "signed in",
    Act.SIGN_IN_BY_LINK: "signed in by a link on this machine",
    Act.INVITATION_USED: "joined by an invitation",
    Act.SIGN_IN_REFUSED: "somebody typed a wrong password",
    Act.STEP_UP_REFUSED: "somebody typed a wrong code",
    Act.FACTOR_ADDED: "added",
    Act.FACTOR_REMOVED: "removed",
    Act.RECOVERY_CODES_MADE: "new recovery codes made",
    Act.PASSWORD_CHANGED: "password changed",
    Act.SESSION_ENDED: "sessions ended",
}
_MOST: Final = 15


def account(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        do = _DEEDS.get(request.POST.get("do", ""))
        if do is not None:
            return do(request, staff_of(request))
    staff, here = staff_of(request), sessions.of(request)
    theirs = Q(staff=staff) | Q(subject_kind="staff", subject=staff.pk)
    recent = AuditEntry.objects.filter(theirs, act__in=[str(act) for act in _ACTS]).order_by("-pk")[:_MOST]
    context = {
        "held": factors.held(staff),
        "has_password": staff.has_usable_password(),
        "sessions": sessions.alive(staff, timezone.now()),
        "here": here,
        "recent": [(entry.at, _ACTS[ACTS[entry.act]], entry.purpose) for entry in recent],
    }
    return page(request, "admin/signin/account.html", "My account", context)


def add_passkey(request: HttpRequest) -> HttpResponse:
    """Ask for the factor first: the browser's own questions come after this page."""
    fresh.require(request)
    staff, error = staff_of(request), ""
    if request.method == "POST":
        told = request.POST
        try:
            passkeys.add(request, staff, told.get("answer", ""), told.get("name", ""), timezone.now())
        except passkeys.NotAccepted as why:
            error = str(why)
        else:
            factors.note(staff, Act.FACTOR_ADDED, "passkey")
            return _changed(request, staff, "The passkey is added.")
    context = {"error": error, "domain_fits": passkeys.domain_fits(request)}
    return page(
        request, "admin/signin/add_passkey.html", "Add a passkey", context, status=400 if error else 200
    )


@require_POST
def new_passkey_options(request: HttpRequest) -> HttpResponse:
    if not fresh.is_fresh(request):
        return JsonResponse({"error": "Please load this page again."}, status=403)
    return JsonResponse(dict(passkeys.ask_to_make(request, staff_of(request), timezone.now())))


def set_app(request: HttpRequest) -> HttpResponse:
    """Show a new secret and keep it once the app shows a right code; the old app is dead then."""
    fresh.require(request)
    staff, secret = staff_of(request), totp.new_secret()
    error = ""
    if request.method == "POST":
        secret = totp.brought_back(staff, request.POST.get("secret", "")) or secret
        if totp.enrol(staff, secret, request.POST.get("code", "").strip().replace(" ", ""), timezone.now()):
            factors.note(staff, Act.FACTOR_ADDED, "app")
            return _changed(request, staff, "The authenticator app is set up.")
        error = "This code does not fit. Is the clock of your phone right? Try the next one."
    context = {
        "qr": totp.qr(staff, secret), "typed": totp.typed(secret), "secret": totp.hand_out(staff, secret),
        "error": error,
    }  # fmt: skip
    title = "Set up an authenticator app"
    return page(request, "admin/signin/set_app.html", title, context, status=400 if error else 200)


@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """Ask for the factor first: a password is never carried from page to page."""
    fresh.require(request)
    staff = staff_of(request)
    form = ChangePasswordForm(staff, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _knows_old(form, staff):
        staff.set_password(form.cleaned_data["password"])
        staff.save(update_fields=["password"])
        request.session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
        factors.note(staff, Act.PASSWORD_CHANGED)
        return _changed(request, staff, "The password is changed.")
    return page(
        request, "admin/signin/password.html", "Change password", {"form": form},
        status=400 if form.errors else 200,
    )  # fmt: skip


def _knows_old(form: ChangePasswordForm, staff: Staff) -> bool:
    if "old_password" not in form.fields:
        return True
    try:
        take_try("login", staff.username.casefold())
    except TooManyTries:
        form.add_error("old_password", "Too many tries. Please wait a quarter of an hour.")
        return False
    if not staff.check_password(form.cleaned_data["old_password"]):
        form.add_error("old_password", "This is not the password until now.")
        return False
    return True


def _changed(request: HttpRequest, staff: Staff, said: str) -> HttpResponse:
    """Whoever came in by what is no more is out; this one goes on under a new key."""
    row = sessions.of(request)
    sessions.end(staff, but=row.session_key if row else None)
    sessions.refresh(request, timezone.now())
    messages.success(request, f"{said} All your other sessions were ended.")
    return HttpResponseRedirect(reverse("admin:account"))


def _remove_passkey(request: HttpRequest, staff: Staff) -> HttpResponse:
    fresh.require(request)
    which = request.POST.get("passkey", "")
    return _give_up(request, staff, lambda: which.isdecimal() and factors.remove_passkey(staff, int(which)))


def _remove_app(request: HttpRequest, staff: Staff) -> HttpResponse:
    fresh.require(request)
    return _give_up(request, staff, lambda: factors.remove_app(staff))


def _give_up(request: HttpRequest, staff: Staff, remove: Callable[[], bool]) -> HttpResponse:
    try:
        if remove():
            return _changed(request, staff, "Removed.")
        messages.info(request, "This was removed already.")
    except factors.LastOne:
        messages.error(request, "This is your last way in. Add another one first.")
    return HttpResponseRedirect(reverse("admin:account"))


def _new_codes(request: HttpRequest, staff: Staff) -> HttpResponse:
    fresh.require(request)
    codes = recovery.make_new(staff)
    factors.note(staff, Act.RECOVERY_CODES_MADE)
    return page(request, "admin/signin/codes.html", "Your recovery codes", {"codes": codes})


def _end_session(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Ask for the factor first (ASVS 5.0 7.5.2): whoever has found a page open throws nobody out."""
    fresh.require(request)
    which, row = request.POST.get("session", ""), sessions.of(request)
    if which.isdecimal() and row is not None and int(which) != row.pk:
        ended = sessions.end(staff, only=int(which))
    else:
        ended = sessions.end(staff, but=row.session_key if row else None)
    factors.note(staff, Act.SESSION_ENDED)
    messages.success(request, f"Ended: {ended} session{'' if ended == 1 else 's'}.")
    return HttpResponseRedirect(reverse("admin:account"))


_DEEDS: Final[Mapping[str, Callable[[HttpRequest, Staff], HttpResponse]]] = {
    "remove_passkey": _remove_passkey,
    "remove_app": _remove_app,
    "new_codes": _new_codes,
    "end_session": _end_session,
}
