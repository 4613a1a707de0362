"""Coming in: a throttled password, or a one-use link from this machine."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from people import signin
from people.models import AuditEntry, SignInLink, Staff, ThrottleWindow
from tests.databases import Database
from tests.factories import World, organisation, staff, world

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def amina(db: None) -> Staff:
    member = staff("amina", "registrar", organisation("north"))
    member.set_password(PASSWORD)
    member.save()
    return member


def test_password_signs_in(amina: Staff, client: Client) -> None:
    answer = client.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert (answer.status_code, client.session["_auth_user_id"]) == (302, str(amina.pk))


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
    for _ in range(signin.LOGINS):
        authenticate(request, username="amina", password="wrong")
    hashed: list[str] = []
    monkeypatch.setattr("django.contrib.auth.base_user.check_password", lambda *args: hashed.append("hashed"))
    assert authenticate(request, username="amina", password=PASSWORD) is None
    assert hashed == []
    assert signin.retry_after_s(request) is not None


def test_throttle_names_no_account(amina: Staff) -> None:
    authenticate(RequestFactory().post("/"), username="amina", password="wrong")
    assert [window.bucket.startswith("login:") for window in ThrottleWindow.objects.all()] == [True]
    assert not ThrottleWindow.objects.filter(bucket__contains="amina").exists()


def test_of_parallel_tries_exactly_the_limit_is_hashed(committed_db: Database) -> None:
    staff("amina", "registrar", organisation("north"))

    def one_try(_: int) -> bool:
        request = RequestFactory().post("/")
        try:
            authenticate(request, username="amina", password="wrong")
            return signin.retry_after_s(request) is None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one_try, range(25))) == [False] * 15 + [True] * 10


@pytest.fixture
def token(amina: Staff) -> str:
    return signin.issue_link(amina, timezone.now())


def test_link_is_kept_as_a_hash(token: str) -> None:
    assert token.encode() not in bytes(SignInLink.objects.get().token_hash)


def test_link_signs_in_once(token: str, amina: Staff, client: Client) -> None:
    answer = client.post(f"/sign-in/{token}/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.session["_auth_user_id"] == str(amina.pk)
    assert list(AuditEntry.objects.values_list("staff", "act")) == [(amina.pk, "sign_in_by_link")]

    again = Client()
    assert again.post(f"/sign-in/{token}/").status_code == HTTPStatus.NOT_FOUND
    assert "_auth_user_id" not in again.session


def test_looking_at_a_link_does_not_use_it(token: str, client: Client) -> None:
    assert client.get(f"/sign-in/{token}/").status_code == HTTPStatus.OK
    assert "_auth_user_id" not in client.session
    assert SignInLink.objects.get().used_at is None


def _refused(token: str, client: Client, **extra: str) -> None:
    assert client.post(f"/sign-in/{token}/", **extra).status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/sign-in/{token}/", **extra).status_code == HTTPStatus.NOT_FOUND
    assert "_auth_user_id" not in client.session
    assert SignInLink.objects.get().used_at is None


def test_link_works_from_this_machine_only(token: str, client: Client) -> None:
    _refused(token, client, REMOTE_ADDR="192.0.2.7")


def test_link_does_not_work_behind_a_proxy(token: str, client: Client, settings: Settings) -> None:
    for mark in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA"):
        _refused(token, client, **{mark: "127.0.0.1"})
    settings.TRUSTED_PROXIES = 1
    _refused(token, client)


def test_old_link_does_not_work(token: str, client: Client) -> None:
    SignInLink.objects.update(made_at=timezone.now() - timedelta(hours=12, seconds=1))
    _refused(token, client)


def test_link_of_a_closed_account_does_not_work(token: str, amina: Staff, client: Client) -> None:
    Staff.objects.update(is_active=False)
    _refused(token, client)


def test_wrong_link_does_not_work(token: str, client: Client) -> None:
    _refused("x" * 43, client)


def test_link_used_twice_at_once_signs_in_once(committed_db: Database) -> None:
    here: World = world()
    token = signin.issue_link(here.amina, timezone.now())

    def use(_: int) -> bool:
        try:
            return signin.use_link(token, timezone.now()) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]
