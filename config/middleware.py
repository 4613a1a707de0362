"""Around every request: keys as the folder says, and a plain answer where names are locked."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.locking import Locked
from people.problems import Problem

_RETRY_AFTER = {"Retry-After": "60"}


class LiveKeys:
    """Look whether keys were rotated, and answer 503 where one is needed that two officers must unlock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        settings.KEYS.look()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Locked):
            return None
        if request.path.startswith(("/api/", "/oauth/", "/epcis/")):
            return Problem("locked", headers=_RETRY_AFTER).response()
        response = render(request, "503_locked.html", status=503)
        response["Retry-After"], response["Cache-Control"] = "60", "no-store"
        return response


def use_secrets() -> None:
    """Have Django sign with the version in use and understand the others, where they are ours."""
    if settings.SECRETS_FROM_FOLDER:
        settings.SECRET_KEY = settings.KEYS.secret
        settings.SECRET_KEY_FALLBACKS = settings.KEYS.older("secret")
