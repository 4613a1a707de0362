"""What is taken from a browser before anything else, and the cookie that carries words to the next page."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Plain:
    """Takes no NUL and no half of a character: no database is to be asked for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The API names the parameter at fault; the desk's filters are asked as they come.
        if request.path.startswith("/admin/") and "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        for name, value in list(request.COOKIES.items()):
            # None of ours has any other; what a browser keeps for others on this host is theirs.
            if not (value.isascii() and value.isprintable()):
                del request.COOKIES[name]
        return self._get_response(request)


class _Cookie(CookieStorage):
    """Under a name that browsers bind to this very host."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        name: str = settings.MESSAGES_COOKIE_NAME
        return name


class Messages(FallbackStorage):
    storage_classes = (_Cookie, SessionStorage)
