"""One-use links into the demonstration, from the machine itself: who reads its files may look on as anybody.

They are the one way in without a passkey, an app or a recovery code; the second factor is access to this
machine. They answer only where `manage.py up` says that it holds the port of a loopback address.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.acts import Act
from people.audit import record
from people.models import SignInLink, Staff, StaffSession
from people.signin import sessions

LINK_LASTS: Final = timedelta(hours=12)
_OF_PROXIES: Final = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


def issue_link(staff: Staff, now: datetime) -> str:
    """Return the token of a new one-use link, 256 random bits; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(staff=staff, token_hash=_hash(token), made_at=now)
    return token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then sign in: programs that open links ahead of a person must not use this one up."""
    if not from_this_machine(request):
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        link = _usable(token, now).select_related("staff").first()
        return render(request, "admin/sign_in.html", {"link": link}, status=200 if link else 404)
    staff = use_link(token, now)
    if staff is None:
        return render(request, "admin/sign_in.html", {"link": None}, status=404)
    sessions.begin(request, staff, StaffSession.Way.THIS_MACHINE, now)
    return HttpResponseRedirect(reverse("admin:index"))


@transaction.atomic
def use_link(token: str, now: datetime) -> Staff | None:
    """Use the link up and return whose it is; None if it is unknown, used, too old or of a closed account."""
    link = _usable(token, now).select_for_update(of=("self",)).select_related("staff").first()
    if link is None:
        return None
    link.used_at = now
    link.save(update_fields=["used_at"])
    record(link.staff, Act.SIGN_IN_BY_LINK, now=now)
    return link.staff


def from_this_machine(request: HttpRequest) -> bool:
    """Behind a proxy every caller looks like this machine, so there it answers nobody."""
    if not settings.SIGN_IN_LINKS or settings.TRUSTED_PROXIES:
        return False
    if any(mark in request.META for mark in _OF_PROXIES):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _usable(token: str, now: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        token_hash=_hash(token), used_at=None, made_at__gt=now - LINK_LASTS, staff__is_active=True
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
