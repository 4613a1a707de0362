"""Passkeys: Web Authentication Level 3, checked by Yubico's fido2.

A passkey is asked to verify its user (a finger, a face, a PIN), so that it is both factors in one. A
challenge is kept in the session, works once, and for five minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from people import vault
from people.models import Passkey, Staff
from people.signin.passwords import take_try

Use = Literal["sign_in", "fresh", "enrol"]
_LASTS: Final = timedelta(minutes=5)
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
# The longest answer of an authenticator is a few kilobytes.
_LONGEST: Final = 20_000
# What fido2 says of an answer that is none.
_FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class NotAccepted(Exception):
    """The authenticator's answer is not what was asked for; the message says it to people."""


def domain_fits(request: HttpRequest) -> bool:
    """Whether this address is the one that passkeys are made for; a number instead of a name never is."""
    domain: str = settings.PASSKEY_DOMAIN
    return urlsplit(_origin(request)).hostname == domain


def ask_to_make(request: HttpRequest, staff: Staff, now: datetime) -> Mapping[str, Any]:
    """Return what the browser is asked for a new passkey of `staff`."""
    user = PublicKeyCredentialUserEntity(id=_handle(staff), name=staff.username, display_name=str(staff))
    options, state = _server(request).register_begin(
        user, _known(staff), ResidentKeyRequirement.REQUIRED, _REQUIRED
    )
    _keep(request, "enrol", staff, state, now)
    return dict(options)


def ask_for_one(request: HttpRequest, use: Use, staff: Staff | None, now: datetime) -> Mapping[str, Any]:
    """Return what the browser is asked for; without `staff` whoever has a passkey here may answer."""
    options, state = _server(request).authenticate_begin(_known(staff) if staff else None, _REQUIRED)
    _keep(request, use, staff, state, now)
    return dict(options)


def add(request: HttpRequest, staff: Staff, answer: str, name: str, now: datetime) -> Passkey:
    """:raises NotAccepted: if it is not the answer to what was asked here, or known already"""
    state, told = _asked(request, "enrol", staff, now), _parsed(answer)
    try:
        made = _server(request).register_complete(state, told)
    except _FAULTS:
        raise NotAccepted("This passkey was not accepted. Please try again.") from None
    credential = made.credential_data
    if credential is None or Passkey.objects.filter(credential_id=credential.credential_id).exists():
        raise NotAccepted("This passkey is known already.")
    return Passkey.objects.create(
        staff=staff,
        name=name.strip()[:60] or f"Passkey of {now:%d %B %Y}",
        credential_id=credential.credential_id,
        public_key=cbor.encode(credential.public_key),
        sign_count=made.counter,
        made_at=now,
    )


def check(request: HttpRequest, use: Use, staff: Staff | None, answer: str, now: datetime) -> Staff:
    """Return whose passkey answered, if it is the answer to what was asked here.

    :raises NotAccepted: if it is not
    :raises TooManyTries: if the account's passkeys were tried too often
    """
    state, told = _asked(request, use, staff, now), _parsed(answer)
    passkey = _named(told)
    if passkey is None or (staff is not None and passkey.staff_id != staff.pk):
        raise NotAccepted("This passkey is not known here.")
    take_try(f"passkey-{use}", passkey.staff_id)
    try:
        _server(request).authenticate_complete(state, [_credential(passkey)], told)
        counter = AuthenticationResponse.from_dict(told).response.authenticator_data.counter
    except _FAULTS:
        raise NotAccepted("This passkey was not accepted. Please try again.") from None
    # Either both are 0, or it counts up: else there are two of it (Web Authentication, section 6.1.1).
    if not _count(passkey, counter, now) or not passkey.staff.is_active:
        raise NotAccepted("This passkey was not accepted. Please use another way.")
    return passkey.staff


def _count(passkey: Passkey, counter: int, now: datetime) -> bool:
    rows = Passkey.objects.filter(Q(sign_count__lt=counter) | Q(sign_count=0), pk=passkey.pk)
    rows = rows if counter else rows.filter(sign_count=0)
    return rows.update(sign_count=counter, used_at=now) == 1


def _server(request: HttpRequest) -> Fido2Server:
    here = _origin(request)
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=settings.PASSKEY_DOMAIN, name="Lifeline"),
        verify_origin=lambda origin: origin == here and domain_fits(request),
    )


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _handle(staff: Staff) -> bytes:
    """Return what an authenticator keeps of whom it is for: nothing that tells who (section 14.6.1)."""
    return vault.search_key(f"passkey:{staff.pk}")


def _known(staff: Staff) -> list[AttestedCredentialData]:
    return [_credential(passkey) for passkey in staff.passkeys.order_by("pk")]


def _credential(passkey: Passkey) -> AttestedCredentialData:
    key = CoseKey.parse(cast("Mapping[int, Any]", cbor.decode(bytes(passkey.public_key))))
    return AttestedCredentialData.create(Aaguid.NONE, bytes(passkey.credential_id), key)


def _named(told: Mapping[str, Any]) -> Passkey | None:
    try:
        credential_id = websafe_decode(told["rawId"])
        handle = told["response"].get("userHandle")
        found = Passkey.objects.filter(credential_id=credential_id).select_related("staff").first()
        if found and handle and websafe_decode(handle) != _handle(found.staff):
            return None
    except _FAULTS:
        return None
    return found


def _parsed(answer: str) -> Mapping[str, Any]:
    try:
        told = json.loads(answer) if len(answer) <= _LONGEST else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotAccepted("The browser gave no passkey.")
    return told


def _keep(request: HttpRequest, use: Use, staff: Staff | None, state: Any, now: datetime) -> None:
    request.session[f"passkey-{use}"] = {
        "challenge": state["challenge"],
        "staff": staff.pk if staff else None,
        "until": (now + _LASTS).isoformat(),
    }


def _asked(request: HttpRequest, use: Use, staff: Staff | None, now: datetime) -> dict[str, Any]:
    """Take what was asked out of the session: it is answered once."""
    kept, whose = request.session.pop(f"passkey-{use}", None), staff.pk if staff else None
    if kept is None or kept["staff"] != whose or datetime.fromisoformat(kept["until"]) < now:
        raise NotAccepted("That took too long. Please try again.")
    return {"challenge": kept["challenge"], "user_verification": _REQUIRED}
