"""Where a weakness is reported: for programs as RFC 9116 says, for people on a page."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

# RFC 9116, 2.5.5: less than a year ahead, so that nobody follows what is out of date.
_GOOD_FOR: Final = timedelta(days=180)
_DAY_S: Final = 24 * 3600


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    lines = {
        "Contact": contact(),
        "Expires": expires(timezone.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": ", ".join(code for code, _ in settings.LANGUAGES),
        "Canonical": f"{settings.PUBLIC_URL}/.well-known/security.txt",
        "Policy": f"{settings.PUBLIC_URL}/security/",
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    headers = {"Cache-Control": f"public, max-age={_DAY_S}"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    told = contact()
    context = {"contact": told, "shown": told.removeprefix("mailto:"), "languages": settings.LANGUAGES}
    return render(request, "family/security.html", context)


def contact() -> str:
    """Return where to write, as a URI; without a setting the mailbox that RFC 2142 keeps for it."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    told: str = settings.SECURITY_CONTACT or f"mailto:security@{host}"
    return told


def expires(now: datetime) -> datetime:
    """Return the midnight until which what is said is good."""
    return datetime.combine((now + _GOOD_FOR).astimezone(UTC).date(), time(tzinfo=UTC))
