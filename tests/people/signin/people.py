"""Somebody with every factor, and the browser of somebody at the site's own name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.test import Client
from django.utils import timezone

from people.models import AuthenticatorApp, Staff
from people.signin import totp
from tests.authenticator import Authenticator

T = TypeVar("T")
PASSWORD = "a long enough password"
SECRET = b"12345678901234567890"


def at_site() -> Client:
    """Return a browser under the name that passkeys are made for."""
    return Client(headers={"host": "localhost"})


def with_app(member: Staff, now: datetime | None = None) -> Staff:
    """Give them a password and an app; its codes up to a step before `now` are used."""
    now = now or timezone.now()
    member.set_password(PASSWORD)
    member.save()
    before = now.timestamp() - 4 * totp.STEP_S
    used = datetime.fromtimestamp(before, now.tzinfo)
    assert totp.enrol(member, SECRET, code(used), used)
    return member


def code(now: datetime | None = None) -> str:
    return totp.code_at(SECRET, int((now or timezone.now()).timestamp()) // totp.STEP_S)


def last_step(member: Staff) -> int:
    return AuthenticatorApp.objects.get(staff=member).last_step


def options(browser: Client, address: str, **told: str) -> Any:
    return browser.post(address, told).json()


def at_once(times: int, do: Callable[[int], T]) -> list[T]:
    """Do it many times, sixteen at once, each on a connection of its own."""

    def one(number: int) -> T:
        try:
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(times)))


def with_passkey(member: Staff, browser: Client, key: Authenticator | None = None) -> Authenticator:
    """Let somebody who is in add a passkey, as their browser does it."""
    key = key or Authenticator()
    answer = key.make(options(browser, "/admin/account/passkey/options/"))
    added = browser.post("/admin/account/passkey/", {"answer": answer, "name": "Office laptop"})
    assert added.status_code == 302, added.content
    return key
