import json

import pytest
from django.test import Client as Browser
from rest_framework.exceptions import ErrorDetail, ValidationError

from people import incidents, problems
from people.problems import KINDS, Problem
from tests import factories
from tests.partners import Partner, partner, problem

CONTRACT = {
    "validation": 400, "missing-detail": 400, "idempotency-key-missing": 400, "not-permitted": 403,
    "not-found": 404, "illegal-move": 409, "not-now": 409, "external-id-reused": 409,
    "idempotency-running": 409, "precondition-failed": 412, "idempotency-mismatch": 422, "throttled": 429,
}  # fmt: skip


@pytest.fixture
def north(db: None) -> Partner:
    return partner(factories.world().north, "registrar")


def test_kinds_have_the_statuses_of_the_contract() -> None:
    assert {slug: KINDS[slug].status for slug in CONTRACT} == CONTRACT


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_has_its_page(slug: str) -> None:
    response = Browser().get(f"/problems/{slug}")

    assert (response.status_code, KINDS[slug].title in response.content.decode()) == (200, True)
    assert Browser().get(f"/problems/{slug}/").content == response.content


def test_unknown_kind_has_no_page() -> None:
    assert Browser().get("/problems/no-such-thing").status_code == 404


def test_response_is_a_problem_document() -> None:
    reference = incidents.begin()
    response = Problem("throttled", "Wait.", headers={"Retry-After": "7"}).response()

    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (
        429,
        "application/problem+json",
        "7",
    )
    assert json.loads(response.content) == {
        "type": "/problems/throttled",
        "title": "There were too many tries",
        "status": 429,
        "reference": reference,
        "detail": "Wait.",
    }


def test_validation_points_at_each_fault() -> None:
    wrong = ErrorDetail("Wrong.")
    error = ValidationError(
        {"items": [{}, {"a/b": [wrong]}], "codes": {1: [wrong]}, "non_field_errors": [wrong], "name": [wrong]}
    )

    class Asked:
        method = "POST"

    response = problems.handler(error, {"request": Asked()})

    assert response is not None
    assert json.loads(response.content)["errors"] == [
        {"pointer": "#/items/1/a~1b", "detail": "Wrong."},
        {"pointer": "#/codes/1", "detail": "Wrong."},
        {"pointer": "#", "detail": "Wrong."},
        {"pointer": "#/name", "detail": "Wrong."},
    ]


def test_errors_of_ours_are_let_through() -> None:
    assert problems.handler(KeyError("x"), {"request": None}) is None


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v1/parcels", "/api/v2/x"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_address_is_a_problem(path: str, method: str) -> None:
    assert problem(getattr(Browser(), method)(path)) == (404, "/problems/not-found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_wrong_method_is_a_problem_that_names_the_right_ones(north: Partner, method: str) -> None:
    response = getattr(north.browser, method)("/api/v1/parcels/", headers=north._headers({}))

    assert problem(response) == (405, "/problems/method-not-allowed")
    assert response["Allow"] == "GET, HEAD, POST"


def test_html_is_not_to_be_had(north: Partner) -> None:
    assert problem(north.get("/api/v1/parcels/", accept="text/html")) == (406, "/problems/not-acceptable")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_body_of_another_type_is_a_problem(north: Partner, kind: str) -> None:
    response = north.browser.post(
        "/api/v1/moves/", "x", content_type=kind, headers=north._headers({"idempotency_key": "k"})
    )

    assert problem(response) == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1,",
        "NaN",
        '{"moves": [NaN]}',
        '{"round": "\\u0000"}',
        '{"round": "\\ud800"}',
        b"\xff",
        "[" * 100_000,
        "9" * 5_000,
    ],
)
def test_broken_json_is_a_problem(north: Partner, body: str | bytes) -> None:
    assert problem(north.post("/api/v1/parcels/", body)) == (400, "/problems/validation")


@pytest.mark.parametrize("body", ["[]", "null", "5", '"text"', "{}"])
def test_json_of_another_form_is_a_problem(north: Partner, body: str) -> None:
    assert problem(north.post("/api/v1/parcels/", body)) == (400, "/problems/validation")
    assert problem(north.post("/api/v1/moves/", body)) == (400, "/problems/validation")


def test_body_too_large_is_a_problem(north: Partner) -> None:
    response = north.post("/api/v1/moves/", b" " * (16 * 1024 * 1024 + 1))

    assert problem(response) == (413, "/problems/too-large")


def test_wrong_host_is_a_problem_under_the_api_and_a_page_elsewhere() -> None:
    host = {"host": "elsewhere.example.org"}

    assert problem(Browser().get("/api/v1/rounds/", headers=host)) == (400, "/problems/validation")
    assert Browser().get("/", headers=host)["Content-Type"] == "text/html; charset=utf-8"


def test_error_of_ours_is_a_problem_under_the_api(monkeypatch: pytest.MonkeyPatch, north: Partner) -> None:
    monkeypatch.setattr("django.conf.settings.TRUSTED_PROXIES", "not a number")
    north.browser.raise_request_exception = False

    response = north.post("/api/v1/screenings/", {"items": []}, x_forwarded_for="192.0.2.1")

    assert problem(response) == (500, "/problems/server-error")
