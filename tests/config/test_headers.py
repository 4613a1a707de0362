"""What every answer tells a browser: each address of the URL configuration, and what no address answers."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from people.models import Role
from tests.config.observatory import Scan, grade, policy
from tests.config.production import HOST, production
from tests.config.walk.addresses import addresses, same_for_all
from tests.config.walk.planting import plant
from tests.config.walk.walkers import of_every_role
from tests.factories import NOON, world
from tests.partners import partner
from tests.signing_in import signed_in

# Answered for whatever is not there, from files, and by a method that is not taken.
_BESIDE = (
    "/no/such/page", "/admin/no/such/page/", "/api/v1/no-such-call/", "/oauth/no-such/",
    "/static/family/family.css", "/static/family/no-such-file.css", "/static/../config/settings.py",
    "/favicon.ico", "/robots.txt",
)  # fmt: skip
# A page of another host may lead to one of these, and to no other.
_MAY_BE_KEPT = ("/static/", "/.well-known/security.txt")


@pytest.fixture
def https() -> Iterator[None]:
    with production(), time_machine.travel(NOON, tick=False):
        yield


def faults(path: str, response: HttpResponse | Any) -> list[str]:
    told, said = response.headers, []
    directives = policy(told)
    if directives.get("default-src") != {"'none'"} or directives.get("frame-ancestors") != {"'none'"}:
        said.append("content policy")
    if any(source not in ("'self'", "'none'", "data:") for each in directives.values() for source in each):
        said.append("content policy lets others in")
    if any("data:" in sources for name, sources in directives.items() if name != "img-src"):
        said.append("content policy takes data for code")
    for name, value in {
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }.items():
        if told.get(name) != value:
            said.append(name)
    if "camera=()" not in told.get("Permissions-Policy", ""):
        said.append("permissions")
    if "no-store" not in told.get("Cache-Control", "") and not path.startswith(_MAY_BE_KEPT):
        said.append("may be kept")
    if {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(told):
        said.append("tells too much")
    for cookie in response.cookies.values():
        bound = (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        kept = cookie["max-age"] != 0  # else it is taken back
        sound = bound and (not kept or (cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict")))
        if not sound or not cookie.key.startswith("__Host-"):
            said.append(f"cookie {cookie.key}")
    return said


@pytest.mark.django_db
def test_every_address_tells_browsers_to_keep_and_share_nothing(https: None) -> None:
    ours = world()
    planted = plant(ours, "qara")
    inside, stranger = Client(raise_request_exception=False), Client(raise_request_exception=False)
    signed_in(of_every_role(ours.north), client=inside)
    # One address of each pattern: what is told of one object is told of each.
    paths = {each.pattern: each.path for each in (*addresses(planted), *same_for_all())}
    del paths["admin/logout/"]

    wrong, statuses = [], set()
    for browser in (inside, stranger):
        for path in (*paths.values(), *_BESIDE):
            for method in ("get", "post", "options"):
                response = getattr(browser, method)(path, secure=True, HTTP_HOST=HOST)
                statuses.add(response.status_code)
                # Closing the whole answer would end the transaction too.
                for close in response._resource_closers if response.streaming else ():
                    close()
                if said := faults(path, response):
                    wrong.append((method, path, response.status_code, *said))

    assert not wrong, "\n".join(map(str, wrong))
    assert len(paths) > 100
    assert {200, 302, 400, 401, 403, 404, 405} <= statuses
    assert not {status for status in statuses if status >= HTTPStatus.INTERNAL_SERVER_ERROR}

    left = inside.post("/admin/logout/", secure=True, HTTP_HOST=HOST)
    assert (set(left.cookies), faults("/admin/logout/", left)) == ({"__Host-session"}, [])


@pytest.mark.django_db
def test_answers_to_systems_are_kept_by_nobody(https: None) -> None:
    system = partner(world().north, Role.REGISTRAR)
    bearer = {"authorization": f"Bearer {system.token}"}
    response = Client().get("/api/v1/parcels/", headers=bearer, secure=True, HTTP_HOST=HOST)

    assert response.status_code == HTTPStatus.OK
    assert not faults("/api/v1/parcels/", response)


@pytest.mark.django_db
def test_refusals_before_any_page_tell_it_too(https: None) -> None:
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)

    strange_host = browser.get("/", secure=True, HTTP_HOST="elsewhere.example")
    without_form = browser.post("/", {"receipt_code": "x"}, secure=True, HTTP_HOST=HOST)
    plain = browser.get("/", HTTP_HOST=HOST)

    assert (strange_host.status_code, faults("/", strange_host)) == (400, [])
    assert (without_form.status_code, faults("/", without_form)) == (403, [])
    # Over http a browser is only led away; that it must use https it believes from https alone.
    assert (plain.status_code, plain["Location"]) == (301, f"https://{HOST}/")
    assert faults("/", plain) == ["Strict-Transport-Security"]


@pytest.mark.django_db
def test_language_is_remembered_in_a_cookie_of_this_host_alone(https: None) -> None:
    response = Client().post("/", {"receipt_code": "", "language": "uk"}, secure=True, HTTP_HOST=HOST)

    assert (response.status_code, set(response.cookies)) == (302, {"__Host-language"})
    assert not faults("/", response)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/docs/", "/problems/not-found/", "/no/such"])
def test_a_scan_as_mozilla_observatory_makes_it_grades_a_plus(https: None, path: str) -> None:
    browser = Client(raise_request_exception=False)
    response = browser.get(path, secure=True, HTTP_HOST=HOST)
    plain = browser.get(path, HTTP_HOST=HOST)
    redirects = plain.status_code == 301 and plain["Location"] == f"https://{HOST}{path}"

    found = grade(
        Scan(response.headers, list(response.cookies.values()), response.content.decode(), redirects)
    )

    assert found.letter == "A+", found
    assert found.score >= 120


def test_a_site_that_says_nothing_is_graded_as_published() -> None:
    """25 for no content policy, 20 for no HSTS, 20 for frames, 5 for types and 20 for no redirect."""
    assert grade(Scan({}, [], "", goes_to_https=False))[:2] == (10, "F")


def test_inline_scripts_alone_cost_the_best_grade() -> None:
    told = {
        "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'",
        "Strict-Transport-Security": "max-age=63072000",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
    assert grade(Scan(told, [], "", goes_to_https=True))[:2] == (80, "B+")
