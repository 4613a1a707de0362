"""The page behind an invitation: choose a passkey, or a password and an app; then one is in."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people.acts import Act
from people.audit import record
from people.desk import page
from people.models import Invitation, StaffSession
from people.signin import invitations, passkeys, recovery, sessions, totp
from people.signin.forms import NewPasswordForm


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at it uses nothing up: programs open links ahead of people."""
    with translation.override("en"):
        invitation = invitations.open_(token, timezone.now())
        if invitation is None:
            return _rendered(request, {"invitation": None}, status=404)
        if request.method != "POST":
            return _show(request, invitation, token)
        if request.POST.get("do") == "passkey":
            return _with_passkey(request, invitation, token)
        return _with_password_and_app(request, invitation, token)


@never_cache
@require_POST
def options(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with what the browser is asked for, to make a passkey."""
    now = timezone.now()
    invitation = invitations.open_(token, now)
    if invitation is None:
        return JsonResponse({"error": "This invitation does not work any more."}, status=404)
    return JsonResponse(dict(passkeys.ask_to_make(request, invitation.staff, now)))


def _with_passkey(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    now, staff, told = timezone.now(), invitation.staff, request.POST
    try:
        with transaction.atomic():
            passkeys.add(request, staff, told.get("answer", ""), told.get("name", ""), now)
            return _joined(request, invitation, StaffSession.Way.PASSKEY)
    except passkeys.NotAccepted as why:
        return _show(request, invitation, token, error=str(why))


def _with_password_and_app(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    now, staff = timezone.now(), invitation.staff
    secret = totp.brought_back(staff, request.POST.get("secret", ""))
    form = NewPasswordForm(staff, request.POST)
    code = request.POST.get("code", "").strip().replace(" ", "")
    if not form.is_valid() or secret is None:
        return _show(request, invitation, token, form=form, secret=secret)
    with transaction.atomic():
        if not totp.enrol(staff, secret, code, now):
            error = (
                "This code does not fit. Is your phone's clock right? Type both passwords and the next one."
            )
            return _show(request, invitation, token, secret=secret, app_error=error)
        staff.set_password(form.cleaned_data["password"])
        staff.save(update_fields=["password"])
        return _joined(request, invitation, StaffSession.Way.APP)


def _joined(request: HttpRequest, invitation: Invitation, way: StaffSession.Way) -> HttpResponse:
    """Use the invitation up and let them in; call it in the transaction that kept the factor."""
    now, staff = timezone.now(), invitation.staff
    if not invitations.close(invitation, now):
        transaction.set_rollback(True)
        return _rendered(request, {"invitation": None}, status=404)
    codes = recovery.make_new(staff)
    record(staff, Act.INVITATION_USED, "staff", staff.pk, purpose=way, now=now)
    if staff.is_staff:
        sessions.begin(request, staff, way, now)
    return page(
        request, "admin/signin/codes.html", "Your recovery codes", {"codes": codes, "joined": True}
    ).render()


def _show(
    request: HttpRequest,
    invitation: Invitation,
    token: str,
    *,
    form: NewPasswordForm | None = None,
    secret: bytes | None = None,
    error: str = "",
    app_error: str = "",
) -> HttpResponse:
    staff, secret = invitation.staff, secret or totp.new_secret()
    context: dict[str, Any] = {
        "invitation": invitation,
        "token": token,
        "until": invitation.made_at + invitations.LASTS,
        "form": form or NewPasswordForm(staff),
        "qr": totp.qr(staff, secret),
        "typed": totp.typed(secret),
        "secret": totp.hand_out(staff, secret),
        "error": error,
        "app_error": app_error,
        "domain_fits": passkeys.domain_fits(request),
    }
    failed = bool(error or app_error or (form and form.errors))
    return _rendered(request, context, status=400 if failed else 200)


def _rendered(request: HttpRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    return page(request, "admin/signin/join.html", "Welcome to Lifeline", context, status=status).render()
