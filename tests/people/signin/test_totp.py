"""Codes by the clock: the published vectors, one use, also of many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from people.models import AuthenticatorApp, Staff
from people.signin import totp
from tests.databases import Database
from tests.factories import NOON, organisation, staff
from tests.people.signin.people import SECRET, code, last_step, with_app

# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
RFC_6238 = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip
STEP = timedelta(seconds=30)


@pytest.mark.parametrize(("seconds", "published"), RFC_6238)
def test_code_is_that_of_the_standard(seconds: int, published: str) -> None:
    assert totp.code_at(SECRET, seconds // totp.STEP_S) == published[-6:]
    assert totp.step_of(SECRET, published[-6:], datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_code_may_be_one_step_off(steps: int, is_taken: bool) -> None:
    assert (totp.step_of(SECRET, code(NOON + steps * STEP), NOON) is not None) == is_taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 456"])
def test_what_is_no_code_is_in_no_step(typed: str) -> None:
    assert totp.step_of(SECRET, typed, NOON) is None


@pytest.fixture
def amina(db: None) -> Staff:
    return with_app(staff("amina", "registrar", organisation("north")), NOON)


def test_code_is_taken_once_and_none_before_it(amina: Staff) -> None:
    now, before = code(NOON), code(NOON - STEP)
    assert totp.is_right(amina, now, NOON)
    assert not totp.is_right(amina, now, NOON)
    assert not totp.is_right(amina, before, NOON)
    assert last_step(amina) == int(NOON.timestamp()) // totp.STEP_S
    assert totp.is_right(amina, code(NOON + STEP), NOON)


def test_wrong_code_uses_nothing_up(amina: Staff) -> None:
    was = last_step(amina)
    assert not totp.is_right(amina, "000000" if code(NOON) != "000000" else "000001", NOON)
    assert last_step(amina) == was


def test_secret_is_kept_sealed_and_for_this_member_alone(amina: Staff) -> None:
    kept = AuthenticatorApp.objects.get()
    assert SECRET not in bytes(kept.sealed_secret)
    bruno = staff("bruno", "screener", organisation("south"))
    AuthenticatorApp.objects.filter(pk=kept.pk).update(staff=bruno)
    with pytest.raises(InvalidTag):
        totp.is_right(bruno, code(NOON), NOON)


def test_secret_of_a_form_is_brought_back_by_the_same_member_only(amina: Staff) -> None:
    bruno = staff("bruno", "screener", organisation("south"))
    sealed = totp.hand_out(amina, SECRET)
    assert totp.brought_back(amina, sealed) == SECRET
    assert totp.brought_back(bruno, sealed) is None
    assert totp.brought_back(amina, f"{sealed[:-8]}AAAAAAA=") is None
    assert totp.brought_back(amina, "nothing like it") is None


def test_one_code_sent_by_many_at_once_is_taken_once(committed_db: Database) -> None:
    amina = with_app(staff("amina", "registrar", organisation("north")), NOON)

    def one(_: int) -> bool:
        try:
            return totp.is_right(amina, code(NOON), NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 1
