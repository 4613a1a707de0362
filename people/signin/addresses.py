"""The addresses of coming in and of one's own account, within the admin's frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import translation
from django.views.decorators.cache import never_cache

from people.signin import account, entering, fresh, kept

View = Callable[..., Any]


def of(admin_view: Callable[[View], View]) -> list[URLPattern]:
    """Return them; what is behind `admin_view` is for who is in, the others are for who comes."""
    return [
        path("login/second/", open_to_all(entering.second), name="login_second"),
        path("login/passkey/", open_to_all(entering.passkey), name="login_passkey"),
        path("login/passkey/options/", open_to_all(entering.passkey_options), name="login_passkey_options"),
        path("account/", admin_view(account.account), name="account"),
        path("account/app/", admin_view(account.set_app), name="account_app"),
        path("account/passkey/", admin_view(account.add_passkey), name="account_passkey"),
        path(
            "account/passkey/options/",
            admin_view(account.new_passkey_options),
            name="account_passkey_options",
        ),
        path("account/confirm/options/", admin_view(fresh.options), name="fresh_options"),
        path("account/kept/", admin_view(kept.send), name="kept"),
    ]


def open_to_all(view: View) -> View:
    @never_cache
    @wraps(view)
    def inner(request: HttpRequest) -> Any:
        with translation.override("en"):
            answer = view(request)
            # Rendered now: later the language is no longer ours.
            return answer.render() if isinstance(answer, TemplateResponse) else answer

    return inner
