"""Codes of an authenticator app: six digits every 30 seconds (RFC 6238), each taken once."""

from __future__ import annotations

import base64
import os
from datetime import datetime
from typing import Final

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils.crypto import constant_time_compare

from people import datakeys
from people.models import AuthenticatorApp, Staff

STEP_S: Final = 30
DIGITS: Final = 6
# A clock may be this many steps ahead or behind.
_DRIFT: Final = 1
_SECRET_BYTES: Final = 20  # RFC 4226, section 4: 160 bits are recommended
# What apps know; as a keyed hash it stands (RFC 4226, appendix B.2).
_SHA1: Final = SHA1()  # noqa: S303
_PLACE: Final = "people.authenticatorapp"
_NEW_PLACE: Final = "people.authenticatorapp"


def new_secret() -> bytes:
    return os.urandom(_SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    return _hotp(secret).generate(step).decode()


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Return the step in which `code` is right, at most one from now; None if in none."""
    if len(code) != DIGITS or not code.isdecimal() or not code.isascii():
        return None
    here = int(now.timestamp()) // STEP_S
    found = None
    # All three are compared, so that the time does not tell which.
    for step in range(here - _DRIFT, here + _DRIFT + 1):
        if constant_time_compare(code_at(secret, step), code):
            found = step
    return found


def enrol(staff: Staff, secret: bytes, code: str, now: datetime) -> bool:
    """Keep the secret if the app shows a right code; the one before it is dead then. That code is used."""
    step = step_of(secret, code, now)
    if step is None:
        return False
    AuthenticatorApp.objects.update_or_create(
        staff=staff,
        defaults={
            "sealed_secret": _sealed(staff, secret, _PLACE), "last_step": step, "made_at": now,
        },
    )  # fmt: skip
    return True


def is_right(staff: Staff, code: str, now: datetime) -> bool:
    """Whether the code is right, and use it up: of many who send it at once, one is answered yes."""
    app = AuthenticatorApp.objects.filter(staff=staff).first()
    if app is None:
        return False
    step = step_of(_opened(staff, app.sealed_secret, _PLACE), code, now)
    if step is None:
        return False
    unused = AuthenticatorApp.objects.filter(pk=app.pk, last_step__lt=step, sealed_secret=app.sealed_secret)
    return unused.update(last_step=step) == 1


def qr(staff: Staff, secret: bytes) -> str:
    """Return the secret for an app to scan, as an image within the page."""
    address = TOTP(secret, DIGITS, _SHA1, STEP_S).get_provisioning_uri(staff.username, "Lifeline")
    return segno.make_qr(address, error="m").svg_data_uri(scale=5, border=4, light="#ffffff")


def typed(secret: bytes) -> str:
    """Return the secret as it is typed where nothing can be scanned: base32, in fours."""
    word = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(word[at : at + 4] for at in range(0, len(word), 4))


def hand_out(staff: Staff, secret: bytes) -> str:
    """Return the secret sealed, for a form to bring it back: nothing is kept before it is proven."""
    return base64.urlsafe_b64encode(_sealed(staff, secret, _NEW_PLACE)).decode()


def brought_back(staff: Staff, sealed: str) -> bytes | None:
    try:
        return _opened(staff, base64.urlsafe_b64decode(sealed), _NEW_PLACE)
    except (ValueError, InvalidTag):
        return None


def _hotp(secret: bytes) -> HOTP:
    return HOTP(secret, DIGITS, _SHA1, enforce_key_length=False)


def _sealed(staff: Staff, secret: bytes, place: str) -> bytes:
    return datakeys.seal(datakeys.Kind.STAFF, staff.pk, secret.hex(), place=place, row=staff.pk)


def _opened(staff: Staff, sealed: bytes | memoryview, place: str) -> bytes:
    text = datakeys.unseal(datakeys.Kind.STAFF, staff.pk, sealed, place=place, row=staff.pk)
    if text == datakeys.ERASED:
        raise InvalidTag
    return bytes.fromhex(text)
