"""My account: each looks after their own factors, and never gives up the last one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from people.acts import Act
from people.models import AuditEntry, AuthenticatorApp, Passkey, RecoveryCode, Role, Staff, StaffSession
from people.signin import factors, totp
from tests.authenticator import Authenticator
from tests.databases import Database
from tests.factories import organisation, staff
from tests.people.signin.people import PASSWORD, at_site, code, with_app, with_passkey
from tests.signing_in import signed_in

ACCOUNT, APP, PASSWORD_PAGE = "/admin/account/", "/admin/account/app/", "/admin/password_change/"
NEW = "four words that are new"


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def amina(db: None) -> Staff:
    return with_app(staff("amina", "registrar", organisation("north")))


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_every_role_reaches_its_own_account(role: str) -> None:
    browser = signed_in(staff("somebody", role, organisation("north")))
    for page in (ACCOUNT, APP, PASSWORD_PAGE, "/admin/account/passkey/"):
        assert browser.get(page).status_code == 200


def test_new_app_replaces_the_old_one_and_ends_other_sessions(amina: Staff) -> None:
    here, there = signed_in(amina), signed_in(amina)
    sealed = here.get(APP).context["secret"]
    secret = totp.brought_back(amina, sealed) or b""
    now = totp.code_at(secret, int(timezone.now().timestamp()) // totp.STEP_S)
    assert here.post(APP, {"secret": sealed, "code": "12345"}).status_code == 400
    assert is_in(there)
    here.post(APP, {"secret": sealed, "code": now})
    assert (is_in(here), is_in(there)) == (True, False)
    assert not totp.is_right(amina, now, timezone.now())
    assert AuthenticatorApp.objects.count() == 1
    assert acts() == ["factor_added"]


def test_other_sessions_are_ended_once_a_factor_was_given_again(amina: Staff) -> None:
    there, here = signed_in(amina), signed_in(amina, fresh_at=timezone.now() - timedelta(minutes=6))
    which = StaffSession.objects.order_by("pk")[0]
    told = {"do": "end_session", "session": which.pk}
    assert here.post(ACCOUNT, told).status_code == 403
    assert (StaffSession.objects.count(), acts()) == (2, ["refused"])
    here.post(ACCOUNT, told | {"fresh-proof": "code", "fresh-code": code()})
    assert (is_in(here), is_in(there)) == (True, False)
    assert "session_ended" in acts()


def test_last_factor_is_not_given_up(amina: Staff) -> None:
    browser = signed_in(amina, client=at_site())
    browser.post(ACCOUNT, {"do": "remove_app"})
    assert AuthenticatorApp.objects.exists()
    with_passkey(amina, browser)
    browser.post(ACCOUNT, {"do": "remove_app"})
    assert not AuthenticatorApp.objects.exists()
    browser.post(ACCOUNT, {"do": "remove_passkey", "passkey": Passkey.objects.get().pk})
    assert Passkey.objects.count() == 1
    assert acts() == ["factor_added", "factor_removed"]


def test_nobody_removes_another_ones_passkey(amina: Staff) -> None:
    bruno = with_app(staff("bruno", "screener", organisation("south")))
    with_passkey(bruno, signed_in(bruno, client=at_site()))
    signed_in(amina).post(ACCOUNT, {"do": "remove_passkey", "passkey": Passkey.objects.get().pk})
    assert Passkey.objects.count() == 1


def test_of_two_last_factors_given_up_at_once_one_stays(committed_db: Database) -> None:
    amina = with_app(staff("amina", "registrar", organisation("north")))
    with_passkey(amina, signed_in(amina, client=at_site()), Authenticator())
    which = Passkey.objects.get().pk

    def give_up(do: str) -> bool:
        try:
            return factors.remove_app(amina) if do == "app" else factors.remove_passkey(amina, which)
        except factors.LastOne:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(give_up, ["app", "passkey"])) == 1
    assert Passkey.objects.count() + AuthenticatorApp.objects.count() == 1


def test_recovery_codes_are_made_anew_and_shown_once(amina: Staff) -> None:
    browser = signed_in(amina)
    shown = browser.post(ACCOUNT, {"do": "new_codes"})
    assert len(shown.context["codes"]) == RecoveryCode.objects.count() == 10
    assert shown.context["codes"][0] not in browser.get(ACCOUNT).content.decode()
    assert "no-store" in shown["Cache-Control"]


def test_password_is_changed_by_who_knows_the_old_one_and_other_sessions_end(amina: Staff) -> None:
    here, there = signed_in(amina), signed_in(amina)
    told = {"password": NEW, "password_again": NEW}
    assert here.post(PASSWORD_PAGE, told | {"old_password": "wrong"}).status_code == 400
    amina.refresh_from_db()
    assert amina.check_password(PASSWORD)
    here.post(PASSWORD_PAGE, told | {"old_password": PASSWORD})
    amina.refresh_from_db()
    assert amina.check_password(NEW)
    assert (is_in(here), is_in(there)) == (True, False)
    assert StaffSession.objects.count() == 1
    assert acts() == ["password_changed"]


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("fourteen chars", "at least 15 characters"),
        ("1q2w3e4r5t6y7u8i9o0p", "too common"),
        ("amina-at-the-counter1", "too similar"),
    ],
)
def test_weak_password_is_refused(amina: Staff, password: str, said: str) -> None:
    Staff.objects.update(username="amina-at-the-counter")
    told = {"old_password": PASSWORD, "password": password, "password_again": password}
    answer = signed_in(Staff.objects.get()).post(PASSWORD_PAGE, told)
    amina.refresh_from_db()
    assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert amina.check_password(PASSWORD)


def test_member_reads_what_became_of_their_account_alone(amina: Staff) -> None:
    bruno = staff("bruno", "screener", organisation("south"))
    factors.note(bruno, Act.FACTOR_REMOVED, "passkey")
    factors.note(amina, Act.PASSWORD_CHANGED)
    shown = signed_in(amina).get(ACCOUNT).content.decode()
    assert ("password changed" in shown, "removed" in shown) == (True, False)
