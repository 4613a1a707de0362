"""Every way in for people, found from the addresses and the backends, asks for a second factor, but one."""

import ast
import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate, load_backend
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from people.models import Staff, StaffSession
from people.signin import invitations, issue_link, sessions
from tests.authenticator import Authenticator
from tests.config.walk.addresses import PARAMETER
from tests.factories import organisation, staff
from tests.people.signin.people import PASSWORD, at_site, code, options, with_app, with_passkey
from tests.signing_in import signed_in

ROOT = Path(__file__).resolve().parents[2]
# The one exception, in a demonstration only: its second factor is access to the machine. See docs/decisions.
EXCEPTION = ("people.signin.links", "sign_in")


@pytest.fixture
def amina(db: None) -> Staff:
    return with_app(staff("amina", "registrar", organisation("north")))


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def every_view() -> Iterator[tuple[str, str]]:
    """Yield each address of the product, its parameters filled with what nothing is called."""

    def walk(found: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for each in found:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, before + str(each.pattern))
            else:
                yield before + str(each.pattern)

    for pattern in walk(get_resolver().url_patterns, ""):
        yield pattern, "/" + PARAMETER.sub("1", pattern).replace("^", "").rstrip("$")


def test_at_every_address_a_right_password_alone_opens_nothing(amina: Staff) -> None:
    told = {"username": "amina", "password": PASSWORD, "login": "amina", "name": "amina", "next": "/admin/"}
    basic = "Basic " + base64.b64encode(f"amina:{PASSWORD}".encode()).decode()
    tried = 0
    for pattern, path in every_view():
        browser = Client(raise_request_exception=False)
        browser.post(path, told)
        browser.get(path, headers={"authorization": basic})
        assert not is_in(browser), pattern
        assert browser.get("/admin/", headers={"authorization": basic}).status_code != 200
        tried += 1
    assert tried > 150
    assert not StaffSession.objects.exists()


def test_session_of_every_backend_opens_nothing_without_a_second_factor(amina: Staff) -> None:
    for name in settings.AUTHENTICATION_BACKENDS:
        backend = load_backend(name)
        assert backend.get_user(amina.pk) == amina
        browser = Client()
        browser.force_login(amina, backend=name)
        assert not is_in(browser), name
    found = authenticate(RequestFactory().post("/"), username="amina", password=PASSWORD)
    assert found == amina
    assert not StaffSession.objects.exists()


def callers(name: str) -> set[tuple[str, str]]:
    """Return (module, function) of all of ours that call `name`, or a function of a module that is so called."""
    found = set()
    for package in ("people", "exchanges", "parcels", "config"):
        for path in (ROOT / package).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef) and any(
                    isinstance(call, ast.Call) and ast.unparse(call.func) == name
                    for call in ast.walk(function)
                ):
                    found.add((module, function.name))
    return found


# What begins a session, and what a person does there to come in.
WAYS = {
    ("people.signin.entering", "let_in"): ("password and app", "password and recovery code", "passkey"),
    ("people.signin.joining", "_joined"): ("invitation and passkey", "invitation, password and app"),
    EXCEPTION: ("link of the demonstration",),
}


def test_every_way_in_found_asks_for_a_second_factor_but_the_one_exception(amina: Staff) -> None:
    # Only here does a browser become somebody, and only from there is it called.
    assert callers("login") == {("people.signin.sessions", "begin")}
    assert callers("auth.login") == set()
    found = callers("sessions.begin")
    assert found == set(WAYS)
    asking = {way for way in found if way != EXCEPTION}
    assert (len(found), len(asking)) == (3, 2)
    # The ways of each session that can be kept, by a constraint of its table.
    assert set(StaffSession.Way.values) == {"passkey", "app", "recovery_code", "this_machine"}
    assert {module for module, _ in callers("let_in")} == {"people.signin.entering"}


def test_each_way_in_opens_with_both_factors_and_not_with_one(amina: Staff) -> None:
    browser = Client()
    browser.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    assert not is_in(browser)
    browser.post("/admin/login/second/", {"code": code()})
    assert is_in(browser)

    key = with_passkey(amina, signed_in(amina, client=at_site()))
    for verifies in (False, True):
        key.verifies, browser = verifies, at_site()
        asked = options(browser, "/admin/login/passkey/options/")
        browser.post("/admin/login/passkey/", {"answer": key.show(asked)})
        assert is_in(browser) == verifies

    bruno = staff("bruno", "screener", organisation("south"))
    link, browser = f"/invitation/{invitations.issue(bruno, by=None, now=timezone.now())}/", at_site()
    browser.post(link, {"do": "app", "password": PASSWORD, "password_again": PASSWORD, "code": "123456"})
    assert not is_in(browser)
    answer = Authenticator(verifies=False).make(options(browser, f"{link}options/"))
    browser.post(link, {"do": "passkey", "answer": answer})
    assert not is_in(browser)
    browser.post(link, {"do": "passkey", "answer": Authenticator().make(options(browser, f"{link}options/"))})
    assert is_in(browser)
    sessions.end(bruno)
    assert not is_in(browser)


def test_the_one_exception_needs_the_machine_and_the_demonstration(amina: Staff) -> None:
    link = f"/sign-in/{issue_link(amina, timezone.now())}/"
    assert Client().post(link, secure=True, REMOTE_ADDR="198.51.100.7").status_code == 404
    settings.SIGN_IN_LINKS = False
    try:
        assert Client().post(link).status_code == 404
    finally:
        settings.SIGN_IN_LINKS = True
    browser = Client()
    browser.post(link)
    assert is_in(browser)
