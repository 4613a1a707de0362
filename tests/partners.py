"""Partners' systems in tests: they speak JSON and carry a token."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from people.models import Client, Organisation
from tests import factories

_numbers = count(1)
SCOPES = " ".join(settings.SCOPES)


@dataclass
class Partner:
    token: str
    browser: Browser = field(default_factory=Browser)

    def get(self, path: str, query: dict[str, str] | None = None, **headers: str) -> HttpResponse:
        return self.browser.get(path, query, headers=self._headers(headers))

    def post(self, path: str, body: object, *, key: str | None = "", **headers: str) -> HttpResponse:
        """Send `body` with a new Idempotency-Key, the one given, or none."""
        if key is not None:
            headers["idempotency_key"] = key or f"key-{next(_numbers)}"
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.browser.post(path, text, content_type="application/json", headers=self._headers(headers))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"authorization": f"Bearer {self.token}", **named}


def partner(organisation: Organisation, *roles: str, scope: str = SCOPES) -> Partner:
    return Partner(token_for(factories.client(organisation, *roles, secret=_hashed()), scope=scope))


@cache
def _hashed() -> str:
    """A secret that nobody needs, hashed once: hashing takes longer than most tests."""
    return make_password("a-secret-nobody-knows")


def told(response: HttpResponse) -> bytes:
    """Return what is answered but for the reference, which is another for each request and tells nothing."""
    return re.sub(rb'("reference": )"[0-9A-Z]{8}"', rb"\1null", response.content)


def token_for(client: Client, *, scope: str = SCOPES, lasts: timedelta = timedelta(days=365)) -> str:
    token = AccessToken(application=client, scope=scope, expires=timezone.now() + lasts)
    text = f"token-for-tests-{next(_numbers)}"
    set_token_value(token, text)
    token.save()
    return text


def problem(response: HttpResponse) -> tuple[int, str]:
    """Return status and type of what must be a problem document."""
    told: dict[str, Any] = json.loads(response.content)
    assert response["Content-Type"] == "application/problem+json"
    assert told["status"] == response.status_code
    assert told["title"]
    return response.status_code, told["type"]


def declaration(**fields: object) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "round": "december",
        "external_id": f"api-{number}",
        "sender": {"name": "Olha Home", "phone": f"+00{number:07}", "relationship": "mother"},
        "recipient": {"name": "Pavlo Away", "born_on": "1990-04", "service_number": f"S-{number}"},
        "items": [
            {"description": "печенье", "quantity": 2, "unit_mass_g": 400},
            {"description": "soap", "quantity": 1, "unit_mass_g": 100},
        ],
        "declared_mass_g": 6000,
    } | fields
