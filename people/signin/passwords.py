"""The first half of a way in: a throttled password. By itself it opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from people import rights, throttle
from people.acts import Act
from people.audit import By, refuse
from people.models import Staff

LOGINS: Final = 10
LOGIN_WINDOW: Final = timedelta(minutes=15)
BACKEND: Final = "people.signin.PasswordBackend"


class TooManyTries(PermissionDenied):
    """Somebody tries to come in as this account; nothing was hashed or compared."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


def take_try(kind: str, account: object) -> None:
    """Count one try before anything is looked at. Each kind is counted apart, so that none blocks another.

    :raises TooManyTries: beyond ten for an account and a quarter of an hour
    """
    taken = throttle.take(f"{kind}:{account}", LOGINS, LOGIN_WINDOW)
    if not taken.allowed:
        raise TooManyTries(taken.retry_after_s)


class PasswordBackend(BaseBackend):
    def authenticate(  # type: ignore[override]  # Django passes what a backend's signature asks for
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> Staff | None:
        """:raises TooManyTries: which Django takes for a refusal; the request keeps when to come again."""
        if username is None or password is None:
            return None
        try:
            take_try("login", username.casefold())
        except TooManyTries as refused:
            if request is not None:
                request.META["lifeline.retry_after_s"] = refused.retry_after_s
            raise
        staff = Staff.objects.filter(username=username).first()
        if staff is None:
            # As long as a known name takes, so that the time does not tell which names exist.
            Staff().set_password(password)
            refuse(By.STRANGER, Act.SIGN_IN_REFUSED, name=username)
            return None
        if staff.check_password(password) and staff.is_active:
            return staff
        refuse(By.STRANGER, Act.SIGN_IN_REFUSED, "staff", staff.pk)
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        return rights.may(user_obj, perm)

    def get_user(self, user_id: int) -> Staff | None:
        return Staff.objects.filter(pk=user_id, is_active=True).first()


def retry_after_s(request: HttpRequest) -> int | None:
    """Return after how many seconds the account may be tried again, if this request was throttled."""
    return request.META.get("lifeline.retry_after_s")
