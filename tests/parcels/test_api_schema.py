import json
from copy import deepcopy
from io import StringIO
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, settings
from playwright.sync_api import Page
from schemathesis import Case
from schemathesis.specs.openapi.checks import negative_data_rejection

from config.api import _description
from config.scratch import Database
from config.wsgi import application
from parcels.api import screenings
from tests import factories
from tests.factories import handed_over, registered
from tests.partners import Partner, partner

KEYS = count(1)
OPERATIONS = {
    "/api/v1/agreements/": ["get"],
    "/api/v1/agreements/{reference}/": ["get"],
    "/api/v1/agreements/{reference}/terms/": ["get"],
    "/api/v1/log/heads/": ["get"],
    "/api/v1/log/proofs/": ["get"],
    "/api/v1/moves/": ["post"],
    "/api/v1/parcels/": ["get", "post"],
    "/api/v1/parcels/{number}/": ["get"],
    "/api/v1/parcels/{number}/movements/": ["get"],
    "/api/v1/people/": ["get"],
    "/api/v1/people/{reference}/": ["get"],
    "/api/v1/returns/": ["get"],
    "/api/v1/returns/{reference}/": ["get"],
    "/api/v1/rounds/": ["get"],
    "/api/v1/rounds/{reference}/": ["get"],
    "/api/v1/screenings/": ["post"],
    "/api/v1/track/": ["post"],
    "/api/v1/visits/": ["get"],
    "/api/v1/visits/{reference}/": ["get"],
    "/api/v1/webhooks/": ["get", "post"],
    "/api/v1/webhooks/{reference}/": ["get"],
    "/api/v1/webhooks/{reference}/close/": ["post"],
    "/api/v1/webhooks/{reference}/deliveries/": ["get"],
    "/api/v1/webhooks/{reference}/deliveries/{id}/replay/": ["post"],
    "/api/v1/webhooks/{reference}/disable/": ["post"],
    "/api/v1/webhooks/{reference}/enable/": ["post"],
    "/api/v1/webhooks/{reference}/rotate/": ["post"],
    "/api/v1/webhooks/{reference}/test/": ["post"],
}
OPEN = {"/api/v1/screenings/", "/api/v1/track/"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Browser().get("/api/schema/?format=json").content)
    return told


def test_description_is_valid_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_description_is_openapi_3_1_in_json_and_yaml(described: dict[str, Any]) -> None:
    yaml = Browser().get("/api/schema/?format=yaml")

    assert described["openapi"] == "3.1.1"
    assert yaml.content.startswith(b"openapi: 3.1.1\n")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.oai.openapi+json"])
def test_description_is_json_to_who_asks_for_nothing_special(described: dict[str, Any], accept: str) -> None:
    assert json.loads(Browser().get("/api/schema/", headers={"accept": accept}).content) == described


def test_description_names_every_call(described: dict[str, Any]) -> None:
    assert {path: sorted(calls) for path, calls in described["paths"].items()} == OPERATIONS


def test_every_call_tells_its_problems(described: dict[str, Any]) -> None:
    for path, calls in described["paths"].items():
        for call in calls.values():
            problems = {
                status
                for status, answer in call["responses"].items()
                if "application/problem+json" in answer.get("content", {})
            }
            needed = {"400", "405", "406", "500"} | (set() if path in OPEN else {"401", "403"})
            assert needed <= problems


def test_every_call_but_the_open_ones_names_its_scope(described: dict[str, Any]) -> None:
    security = {
        f"{method} {path}": call.get("security")
        for path, calls in described["paths"].items()
        for method, call in calls.items()
    }

    assert {name for name, needed in security.items() if not needed} == {f"post {path}" for path in OPEN}
    assert security["post /api/v1/moves/"] == [{"oauth2": ["moves:write"]}]
    scheme = described["components"]["securitySchemes"]["oauth2"]
    assert list(scheme["flows"]) == ["clientCredentials"]
    assert scheme["flows"]["clientCredentials"]["tokenUrl"] == "/oauth/token/"


def test_writes_name_the_idempotency_key(described: dict[str, Any]) -> None:
    keyed = {
        f"{method} {path}"
        for path, calls in described["paths"].items()
        for method, call in calls.items()
        if any(each["name"] == "Idempotency-Key" and each["required"] for each in call["parameters"])
    }

    assert keyed == {f"post {path}" for path, calls in OPERATIONS.items() if "post" in calls} - {
        f"post {path}" for path in OPEN
    }


@pytest.mark.browser
def test_docs_work_under_the_strict_policy(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto("/api/docs/")
    page.get_by_text("Declare a parcel").wait_for()

    assert complaints == []


def _calls() -> Any:
    """Return the calls with what only a living partner knows: its round, a cursor it was given, a day that was.

    No pattern can say which days there are, and which have come: here they are long past, and in every month.
    """
    described = deepcopy(_description())
    for path, calls in described["paths"].items():
        # What is paged by a number takes no place that is a text.
        by_text = [] if path == "/api/v1/log/heads/" else ["cD1QWjAwMDAwMDAwMFpa"]
        for parameter in (each for call in calls.values() for each in call["parameters"]):
            if parameter["name"] == "cursor":
                parameter["schema"] = {"enum": [*by_text, "cj0xJnA9MQ=="]}
    forms = described["components"]["schemas"]
    for form in ("DeclarationRequest", "QuestionRequest"):
        forms[form]["properties"]["round"] = {"enum": ["december"]}
    # Which hosts are public no pattern can say.
    forms["WebhookAskedRequest"]["properties"]["url"] = {"enum": ["https://hooks.partner.example/lifeline"]}
    for form in ("SenderRequest", "RecipientRequest"):
        past = r"^19\d{2}(-(0[1-9]|1[0-2])(-(0[1-9]|1\d|2[0-8]))?)?$"
        forms[form]["properties"]["born_on"] = {"type": "string", "pattern": past}
    schema = schemathesis.openapi.from_dict(described)
    schema.app = _over_https
    return schema


def _over_https(environ: dict[str, Any], start_response: Any) -> Any:
    return application(environ | {"wsgi.url_scheme": "https"}, start_response)


calls = _calls()


@pytest.fixture
def north(committed_db: Database, monkeypatch: pytest.MonkeyPatch) -> Partner:
    monkeypatch.setattr(screenings, "SCREENINGS", 10_000)
    w = factories.world()
    registered(w)
    handed_over(w)
    return partner(w.north, "registrar", "dispatcher", "liaison")


@calls.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_calls_answer_as_described(case: Case, north: Partner) -> None:
    if case.headers.get("Idempotency-Key"):
        case.headers["Idempotency-Key"] = f"key-{next(KEYS)}"
    # A move of another form is refused in its row, and the reply is 200.
    without = [negative_data_rejection] if case.path == "/api/v1/moves/" else []
    case.call_and_validate(headers={"Authorization": f"Bearer {north.token}"}, excluded_checks=without)
