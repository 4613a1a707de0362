"""Coming in by a password: throttled exactly, never enough by itself."""

from collections import Counter
from http import HTTPStatus

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from people import signin
from people.audit import Trail, following
from people.models import AuditEntry, AuthenticatorApp, Staff, ThrottleWindow
from people.signin import factors
from tests.databases import Database
from tests.factories import organisation, staff
from tests.people.signin.people import PASSWORD, at_once, at_site, options, with_app, with_passkey
from tests.signing_in import signed_in


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def amina(db: None) -> Staff:
    return with_app(staff("amina", "registrar", organisation("north")))


def test_password_alone_opens_nothing(amina: Staff, client: Client) -> None:
    answer = client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/second/")
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/").status_code == HTTPStatus.FOUND


def test_password_of_an_account_without_a_second_factor_leads_nowhere(amina: Staff, client: Client) -> None:
    AuthenticatorApp.objects.all().delete()
    answer = client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert "no second factor" in answer.content.decode()
    assert client.get("/admin/login/second/").status_code == HTTPStatus.FOUND
    assert client.get("/admin/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize(("username", "password"), [("amina", "wrong"), ("nobody", PASSWORD)])
def test_wrong_password_and_unknown_name_read_alike(
    amina: Staff, client: Client, username: str, password: str
) -> None:
    answer = client.post("/admin/login/", {"username": username, "password": password})
    assert answer.context["form"].non_field_errors() == [
        "Please enter the correct username and password for a staff account. "
        "Note that both fields may be case-sensitive."
    ]
    assert "_auth_user_id" not in client.session


def test_account_without_a_right_does_not_come_in(amina: Staff, client: Client) -> None:
    amina.grants.update(until_at=timezone.now())
    client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_eleventh_try_is_refused_even_when_right(amina: Staff, client: Client) -> None:
    for _ in range(signin.LOGINS):
        client.post("/admin/login/", {"username": "Amina", "password": "wrong"})
    answer = client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert answer.context["form"].non_field_errors() == ["Too many tries. Please wait 15 minutes."]
    assert "_auth_user_id" not in client.session


def test_try_is_counted_before_the_password_is_hashed(amina: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().post("/admin/login/")
    with following(Trail()):
        for _ in range(signin.LOGINS):
            authenticate(request, username="amina", password="wrong")
    hashed: list[str] = []
    monkeypatch.setattr("django.contrib.auth.base_user.check_password", lambda *args: hashed.append("hashed"))
    assert authenticate(request, username="amina", password=PASSWORD) is None
    assert hashed == []
    assert signin.retry_after_s(request) is not None


def test_throttle_names_no_account(amina: Staff) -> None:
    with following(Trail()):
        authenticate(RequestFactory().post("/"), username="amina", password="wrong")
    assert [window.bucket.startswith("login:") for window in ThrottleWindow.objects.all()] == [True]
    assert not ThrottleWindow.objects.filter(bucket__contains="amina").exists()


def test_of_200_guesses_at_once_exactly_the_limit_is_hashed(committed_db: Database) -> None:
    with_app(staff("amina", "registrar", organisation("north")))

    def guess(number: int) -> tuple[int, bool]:
        answer = Client().post("/admin/login/", {"username": "amina", "password": f"guess {number}"})
        return answer.status_code, "Retry-After" in answer

    assert Counter(at_once(200, guess)) == {(200, False): signin.LOGINS, (429, True): 190}
    assert AuditEntry.objects.filter(act="sign_in_refused").count() == signin.LOGINS == 10


def test_of_200_codes_at_once_exactly_the_limit_is_compared(committed_db: Database) -> None:
    amina = with_app(staff("amina", "registrar", organisation("north")))

    def guess(number: int) -> bool:
        try:
            return factors.check_code(amina, "no code", "second", timezone.now()) is None
        except signin.TooManyTries:
            return False

    assert Counter(at_once(200, guess)) == {True: signin.LOGINS, False: 190}
    assert AuditEntry.objects.filter(act="step_up_refused").count() == signin.LOGINS


def test_no_number_of_wrong_passwords_stands_in_the_way_of_a_passkey(amina: Staff) -> None:
    key, browser = with_passkey(amina, signed_in(amina, client=at_site())), at_site()
    for _ in range(signin.LOGINS + 1):
        answer = browser.post("/admin/login/", {"username": "amina", "password": "wrong"})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    asked = options(browser, "/admin/login/passkey/options/")
    browser.post("/admin/login/passkey/", {"answer": key.show(asked)})
    assert browser.get("/admin/").status_code == HTTPStatus.OK
