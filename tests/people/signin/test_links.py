"""The demonstration's links: once, from this machine only, and only where the server says it is alone there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from people import signin
from people.models import AuditEntry, SignInLink, Staff, StaffSession
from tests.databases import Database
from tests.factories import World, organisation, staff, world


@pytest.fixture
def amina(db: None) -> Staff:
    return staff("amina", "registrar", organisation("north"))


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
    for path in (f"/sign-in/{token}/", "/admin/login/"):
        assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == HTTPStatus.FORBIDDEN
    assert client.post(f"/sign-in/{token}/", REMOTE_ADDR="192.0.2.7").status_code == HTTPStatus.FORBIDDEN
    assert client.post(f"/sign-in/{token}/", secure=True, REMOTE_ADDR="192.0.2.7").status_code == 404
    assert SignInLink.objects.get().used_at is None


def test_link_does_not_work_behind_a_proxy(token: str, client: Client, settings: Settings) -> None:
    for mark in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA"):
        _refused(token, client, **{mark: "127.0.0.1"})
    settings.TRUSTED_PROXIES = 1
    _refused(token, client)


def test_link_does_not_work_where_the_server_is_not_on_this_machine_alone(
    token: str, client: Client, settings: Settings
) -> None:
    settings.SIGN_IN_LINKS = False
    _refused(token, client)


def test_whoever_came_by_a_link_is_in_by_access_to_this_machine(
    token: str, amina: Staff, client: Client
) -> None:
    client.post(f"/sign-in/{token}/")
    assert client.get("/admin/").status_code == HTTPStatus.OK
    assert StaffSession.objects.get().way == StaffSession.Way.THIS_MACHINE


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
