"""By which name and scheme the product is reached: https everywhere but on the machine itself."""

import ipaddress
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden
from django.http.request import split_domain_port

# Probes ask these over the local network; they tell nothing of anybody.
_FOR_PROBES: Final = ("/livez", "/readyz", "/metrics")


class HttpsMiddleware:
    """Refuses what comes over http, unless both ends are this machine.

    With HTTPS set, Django leads whoever asks for a page on to https before; what comes here then is a
    program's call, and is refused on this machine too: a proxy beside us may have been called by any name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.is_secure() or request.path in _FOR_PROBES or _may_be_plain(request):
            return self.get_response(request)
        return refusal(request)


def _may_be_plain(request: HttpRequest) -> bool:
    return not settings.HTTPS and is_on_this_machine(request)


def refusal(request: HttpRequest) -> HttpResponse:
    from people.problems import Problem  # noqa: PLC0415  the settings read this file

    if request.path.startswith(("/api/", "/oauth/", "/epcis/")):
        return Problem("https-only").response()
    return HttpResponseForbidden(
        "This site is served over https only.\n", content_type="text/plain; charset=utf-8"
    )


def is_on_this_machine(request: HttpRequest) -> bool:
    """Whether caller and name are of this machine; a proxy in front of us has a name of its own."""
    host, _ = split_domain_port(request.get_host())
    return host in settings.PLAIN_HTTP_HOSTS and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def passkey_domain(public_url: str) -> str:
    """Return the relying party's id (Web Authentication, section 5.1.2): a name, never a number."""
    host = urlsplit(public_url).hostname or "localhost"
    return "localhost" if is_loopback(host) else host
