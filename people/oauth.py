"""Partners' systems prove who they are: OAuth 2.0 client credentials (RFC 6749) and bearer tokens (RFC 6750).

Nothing else of OAuth is offered: no other grant, no authorisation page, no introspection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.models import AccessToken
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import BackendApplicationServer
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from people import actors, throttle
from people.actors import Actor
from people.acts import Act
from people.audit import record
from people.models import Client
from people.problems import Problem
from people.trail import refuse_stranger

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

TOKENS: Final = 20
TOKEN_WINDOW: Final = timedelta(minutes=1)
_REALM: Final = 'realm="lifeline"'


class ClientAuthentication(BaseAuthentication):
    """A bearer token tells whose the request is: `request.user` is the actor, `request.auth` the token."""

    def authenticate(self, request: Request) -> tuple[Actor, AccessToken] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        found = _live(token.strip(), request) if scheme.lower() == "bearer" else None
        if found is None or found.application is None:
            raise AuthenticationFailed("The token is unknown or has expired.")
        try:
            actor = actors.of_client(found.application)
        except actors.NoGrant:
            raise AuthenticationFailed("The client holds no current right.") from None
        actors.announce(actor)
        return actor, found

    def authenticate_header(self, request: Request) -> str:
        wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
        return f"Bearer {_REALM}{wrong}"


def _live(token: str, request: Request) -> AccessToken | None:
    """Return the token's row; only its hash is kept."""
    checksum = hashlib.sha256(token.encode()).hexdigest()
    rows = AccessToken.objects.filter(
        token_checksum=checksum, expires__gt=timezone.now(), application__active=True
    )
    found = rows.select_related("application").first()
    here = request.build_absolute_uri(request.path)
    return found if found and found.allows_audience(here) else None  # type: ignore[no-untyped-call]


class HasScope(BasePermission):
    """The token must carry the scope that the view names for the method in `scopes`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return False
        scope = getattr(view, "scopes", {}).get(request.method)
        if scope is not None and scope not in cast(AccessToken, request.auth).scope.split():
            challenge = f'Bearer {_REALM}, error="insufficient_scope", scope="{scope}"'
            raise Problem(
                "not-permitted", f"The scope {scope} is needed.", headers={"WWW-Authenticate": challenge}
            )
        return True


def actor_of(request: Request) -> Actor:
    return cast(Actor, request.user)


@method_decorator([csrf_exempt, sensitive_post_parameters("client_secret")], name="dispatch")
class TokenView(View):
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        client_id: str | None = None
        client: Client | None = None
        try:
            client_id = _client_id(request)
            client = _known(client_id)
            answer = _token(request, client)
        except Problem as problem:
            refuse_stranger(
                Act.TOKEN_REFUSED, "client" if client else "", client.pk if client else None,
                name="" if client else client_id or "",
            )  # fmt: skip
            return problem.response()
        record(client, Act.TOKEN_GIVEN)
        return answer

    def http_method_not_allowed(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return Problem("method-not-allowed", headers={"Allow": "POST"}).response()


def _token(request: HttpRequest, client: Client) -> HttpResponse:
    # Taken before any secret is hashed: hashing is what an attacker could make us do.
    taken = throttle.take(f"token:{client.client_id}", TOKENS, TOKEN_WINDOW)
    if not taken.allowed:
        raise Problem("throttled", headers={"Retry-After": str(taken.retry_after_s)})
    server = BackendApplicationServer(
        OAuth2Validator(), token_expires_in=oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
    )
    _, _, body, status = OAuthLibCore(server).create_token_response(request)  # type: ignore[no-untyped-call]
    answer = json.loads(body)
    if status != 200:
        raise _refusal(answer, status)
    return JsonResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _refusal(answer: dict[str, Any], status: int) -> Problem:
    """Keep RFC 6749's own `error`, which OAuth libraries read, as a member of the problem."""
    more: dict[str, str] = {key: str(answer[key]) for key in ("error", "error_description") if key in answer}
    if status == 401:
        return Problem("not-authenticated", headers={"WWW-Authenticate": f"Basic {_REALM}"}, more=more)
    return Problem("validation", more=more)


def _client_id(request: HttpRequest) -> str | None:
    """Return who the client says it is, in the header or in the body.

    :raises Problem: if it says so twice: one name would be counted and the other's secret tried.
    """
    in_body = request.POST.get("client_id")
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        in_header = None
    else:
        in_header = _decoded(encoded)
        if "client_secret" in request.POST or in_body not in (None, in_header):
            raise _refusal({"error": "invalid_request", "error_description": "Two ways at once."}, 400)
    if request.META.get("QUERY_STRING"):
        raise _refusal({"error": "invalid_request", "error_description": "Nothing in the address."}, 400)
    return in_header if in_body is None else in_body


def _decoded(encoded: str) -> str | None:
    try:
        return unquote_plus(base64.b64decode(encoded).decode().partition(":")[0])
    except (binascii.Error, UnicodeDecodeError):
        return None


def _known(client_id: str | None) -> Client:
    """:raises Problem: if there is no such client"""
    known = client_id is not None and client_id.isprintable()
    client = Client.objects.filter(client_id=client_id).first() if known else None
    if client is None:
        raise _refusal({"error": "invalid_client"}, 401)
    return client
