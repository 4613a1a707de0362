"""How staff come in: a throttled password, or, in a demonstration, a one-use link from the machine itself."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people import rights, throttle
from people.models import AuditEntry, SignInLink, Staff

LOGINS: Final = 10
LOGIN_WINDOW: Final = timedelta(minutes=15)
LINK_LASTS: Final = timedelta(hours=12)
_OF_PROXIES: Final = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")
_BACKEND: Final = "people.signin.PasswordBackend"


class TooManyTries(PermissionDenied):
    """Somebody tries passwords at this account; nothing was hashed."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class PasswordBackend(BaseBackend):
    def authenticate(  # type: ignore[override]  # Django passes what a backend's signature asks for
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> Staff | None:
        """:raises TooManyTries: which Django takes for a refusal; the request keeps when to come again."""
        if username is None or password is None:
            return None
        taken = throttle.take(f"login:{username.casefold()}", LOGINS, LOGIN_WINDOW)
        if not taken.allowed:
            if request is not None:
                request.META["lifeline.retry_after_s"] = taken.retry_after_s
            raise TooManyTries(taken.retry_after_s)
        staff = Staff.objects.filter(username=username).first()
        if staff is None:
            # As long as a known name takes, so that the time does not tell which names exist.
            Staff().set_password(password)
            return None
        return staff if staff.check_password(password) and staff.is_active else None

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        return rights.may(user_obj, perm)

    def get_user(self, user_id: int) -> Staff | None:
        return Staff.objects.filter(pk=user_id, is_active=True).first()


def retry_after_s(request: HttpRequest) -> int | None:
    """Return after how many seconds the account may be tried again, if this request was throttled."""
    return request.META.get("lifeline.retry_after_s")


def issue_link(staff: Staff, now: datetime) -> str:
    """Return the token of a new one-use link, 256 random bits; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(staff=staff, token_hash=_hash(token), made_at=now)
    return token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then sign in: programs that open links ahead of a person must not use this one up."""
    if not _from_this_machine(request):
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        link = _usable(token, now).select_related("staff").first()
        return render(request, "admin/sign_in.html", {"link": link}, status=200 if link else 404)
    staff = use_link(token, now)
    if staff is None:
        return render(request, "admin/sign_in.html", {"link": None}, status=404)
    login(request, staff, backend=_BACKEND)
    return HttpResponseRedirect(reverse("admin:index"))


@transaction.atomic
def use_link(token: str, now: datetime) -> Staff | None:
    """Use the link up and return whose it is; None if it is unknown, used, too old or of a closed account."""
    link = _usable(token, now).select_for_update(of=("self",)).select_related("staff").first()
    if link is None:
        return None
    link.used_at = now
    link.save(update_fields=["used_at"])
    AuditEntry.objects.create(staff=link.staff, act="sign_in_by_link", at=now)
    return link.staff


def _usable(token: str, now: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        token_hash=_hash(token), used_at=None, made_at__gt=now - LINK_LASTS, staff__is_active=True
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _from_this_machine(request: HttpRequest) -> bool:
    """Behind a proxy every caller looks like this machine, so there it answers nobody."""
    if settings.TRUSTED_PROXIES or any(mark in request.META for mark in _OF_PROXIES):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
