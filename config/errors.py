"""What is answered when something goes wrong: a problem to a program, a page to people. Neither says why."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from people import incidents, problems


class Traced:
    """Gives each request its reference before anything can go wrong with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        incidents.begin()
        return self._get_response(request)


class Bounded:
    """Refuses what is larger than anything that is taken here, before a byte of it is read (ASVS 5.2.1)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a length Django takes a body for empty.
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= settings.GREATEST_BODY:
            return self._get_response(request)
        return _problem(request, "too-large") or _plain("400.html", 413)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, "validation") or _plain("400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, "not-permitted") or render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, "not-found") or render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer also what no view could: a database that went away is met first by what stands before them."""
    if problems.is_away(sys.exception()):
        return problems.unavailable().response() if _is_program(request) else _plain("500.html", 503)
    return _problem(request, "server-error") or _plain("500.html", 500)


def _plain(template: str, status: int) -> HttpResponse:
    """Render without the request: what it would ask for may be what went wrong."""
    return HttpResponse(render_to_string(template, {"reference": incidents.current()}), status=status)


def _problem(request: HttpRequest, slug: str) -> HttpResponse | None:
    return problems.Problem(slug).response() if _is_program(request) else None


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/oauth/", "/epcis/"))
