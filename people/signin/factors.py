"""What a member of staff has besides a password, and what they may give up of it: never the last one."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from people.acts import Act
from people.audit import record, refuse
from people.models import AuthenticatorApp, Passkey, RecoveryCode, Staff, StaffSession
from people.signin import recovery, sessions, totp
from people.signin.passwords import take_try


class LastOne(Exception):
    """Without it they could not come in again."""


class Held(NamedTuple):
    passkeys: list[Passkey]
    app: AuthenticatorApp | None
    codes_left: int

    @property
    def any(self) -> bool:
        return bool(self.passkeys or self.app)


def held(staff: Staff) -> Held:
    """Return what they have. Recovery codes alone are nothing to come in with for long."""
    return Held(
        list(staff.passkeys.order_by("made_at", "pk")),
        AuthenticatorApp.objects.filter(staff=staff).first(),
        recovery.left(staff),
    )


def check_code(staff: Staff, code: str, kind: str, now: datetime) -> StaffSession.Way | None:
    """Return which kind of code this is a right one of, and use it up; None if it is wrong.

    :param kind: what is counted: tries to come in, and tries of who is in
    :raises TooManyTries: before anything was compared
    """
    take_try(kind, staff.pk)
    code = code.strip().replace(" ", "")
    if totp.is_right(staff, code, now):
        return StaffSession.Way.APP
    if recovery.use(staff, code, now):
        return StaffSession.Way.RECOVERY_CODE
    refuse(staff, Act.STEP_UP_REFUSED, "staff", staff.pk, purpose=kind)
    return None


@transaction.atomic
def remove_passkey(staff: Staff, passkey_id: int) -> bool:
    """:raises LastOne: if no other factor would be left"""
    _lock(staff)
    found = staff.passkeys.filter(pk=passkey_id)
    if not found.exists():
        return False
    if staff.passkeys.count() == 1 and not AuthenticatorApp.objects.filter(staff=staff).exists():
        raise LastOne
    found.delete()
    note(staff, Act.FACTOR_REMOVED, "passkey")
    return True


@transaction.atomic
def remove_app(staff: Staff) -> bool:
    """:raises LastOne: if no other factor would be left"""
    _lock(staff)
    found = AuthenticatorApp.objects.filter(staff=staff)
    if not found.exists():
        return False
    if not staff.passkeys.exists():
        raise LastOne
    found.delete()
    note(staff, Act.FACTOR_REMOVED, "app")
    return True


def take_all_away(staff: Staff) -> None:
    """Leave them no way in at all; call it in the transaction that gives a new invitation."""
    _lock(staff)
    Passkey.objects.filter(staff=staff).delete()
    AuthenticatorApp.objects.filter(staff=staff).delete()
    RecoveryCode.objects.filter(staff=staff).delete()
    staff.set_unusable_password()
    staff.save(update_fields=["password"])
    sessions.end(staff)


def note(staff: Staff, act: Act, which: str = "", *, by: Staff | None = None) -> None:
    """Record what became of an account's ways in."""
    record(by or staff, act, "staff", staff.pk, purpose=which)


def _lock(staff: Staff) -> None:
    """Of two who give up one each at once, one keeps it."""
    Staff.objects.select_for_update().get(pk=staff.pk)
