"""What went wrong, told to a partner's program: problem details (RFC 9457), with a page for each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from structlog import get_logger

from people import incidents
from people.locking import Locked
from people.stopping import Stopped

MEDIA_TYPE: Final = "application/problem+json"

_log = get_logger(__name__)


class Kind(NamedTuple):
    """One kind of problem: the status it is answered with, and what to do about it."""

    status: int
    title: str
    text: str


KINDS: Final[Mapping[str, Kind]] = {
    "validation": Kind(
        400,
        "The request does not have the form it should",
        "Each entry of `errors` points at the field or the parameter concerned and says what it must be."
        " Nothing was written. Correct the request and send it again.",
    ),
    "missing-detail": Kind(
        400,
        "The move must tell more",
        "Some moves are recorded only with certain details: an acceptance with its mass and place, a receipt"
        " with its evidence. Nothing was written. Send the move again with what is missing.",
    ),
    "idempotency-key-missing": Kind(
        400,
        "The Idempotency-Key header is missing",
        "Every write carries a key that you choose, one for each thing you want done. When no reply reaches"
        " you, send the same request with the same key: it is answered and not done twice.",
    ),
    "not-authenticated": Kind(
        401,
        "There is no valid token",
        "Ask POST /oauth/token/ for a token with your client's id and secret, and send it in the header"
        " `Authorization: Bearer …`. A token lasts ten minutes; after that ask for a new one.",
    ),
    "https-only": Kind(
        403,
        "This is answered over https only",
        "Nothing was done. What the request held, a token or a secret with it, crossed the network where"
        " others can read it: have a manager make a new client and close this one, then call by https.",
    ),
    "not-permitted": Kind(
        403,
        "Your organisation or this token may not do this",
        "Either the token lacks the scope the call needs, or the move belongs to another role or another"
        " organisation of the round, or it is an act of two people, which is never done through the API.",
    ),
    "not-found": Kind(
        404,
        "There is no such thing here",
        "It does not exist, or it belongs to others: the two are answered alike.",
    ),
    "unknown-parcel": Kind(
        404,
        "No parcel of yours has this number",
        "It does not exist, or its round is not yours: the two are answered alike. Inside a reply to many"
        " moves only.",
    ),
    "method-not-allowed": Kind(
        405,
        "This address does not take this method",
        "The header `Allow` names those it takes.",
    ),
    "not-acceptable": Kind(
        406,
        "The reply cannot be given in the form asked for",
        "Replies are `application/json`; problems are `application/problem+json`.",
    ),
    "illegal-move": Kind(
        409,
        "The parcel cannot make this move from where it is",
        "A decision is taken only from certain statuses. Read the parcel, and decide anew.",
    ),
    "not-now": Kind(
        409,
        "This cannot be done at present",
        "The round is not collecting, the agreement rests, a consignment is sealed or not sealed yet, or"
        " something is not settled. Nothing was written. It may be possible later.",
    ),
    "external-id-reused": Kind(
        409,
        "This external_id was used for something else",
        "Your organisation sent the same external_id with other content before. Nothing was written. If it is"
        " a new thing, give it an id of its own; if it is a change, it is made by a move.",
    ),
    "idempotency-running": Kind(
        409,
        "The first request with this Idempotency-Key still runs",
        "Wait some seconds and send the same request with the same key again.",
    ),
    "precondition-failed": Kind(
        412,
        "It has changed since you read it",
        "The ETag you sent in `If-Match` is not the present one. Read it again.",
    ),
    "too-large": Kind(
        413,
        "The request is too large",
        "A request body may have 16 MiB, and a call to move parcels 5,000 moves. Send it in parts.",
    ),
    "unsupported-media-type": Kind(
        415,
        "The request body is not of the type expected",
        "Send JSON with the header `Content-Type: application/json`.",
    ),
    "idempotency-mismatch": Kind(
        422,
        "This Idempotency-Key was used for another request",
        "Your organisation sent the same key with another body, or to another address. Nothing was written."
        " Choose a new key for a new request.",
    ),
    "throttled": Kind(
        429,
        "There were too many tries",
        "Wait as many seconds as the header `Retry-After` says.",
    ),
    "server-error": Kind(
        500,
        "Something went wrong here",
        "It is our fault and has been recorded: tell us the `reference`. If it was a write, send it again"
        " with the same Idempotency-Key.",
    ),
    "locked": Kind(
        503,
        "Names are locked",
        "The key that opens names is not in memory: two officers of the office must unlock it. Nothing was"
        " written. Send the same request again later, a write with the same Idempotency-Key.",
    ),
    "unavailable": Kind(
        503,
        "The service is busy",
        "Send the same request again, a write with the same Idempotency-Key, after as many seconds as"
        " the header `Retry-After` says.",
    ),
}


class Fault(NamedTuple):
    """What is wrong with one part of a request; `at` is a JSON pointer into the body, or a parameter."""

    at: str
    detail: str


class Problem(Exception):
    """Ends a request with a problem document; `more` are members of it beside the standard's own."""

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug, self.detail, self.faults = slug, detail, faults
        self.headers, self.more = headers or {}, more or {}

    def response(self) -> HttpResponse:
        kind = KINDS[self.slug]
        body: dict[str, Any] = {"type": f"/problems/{self.slug}", "title": kind.title, "status": kind.status}
        body["reference"] = incidents.current()
        if self.detail:
            body["detail"] = self.detail
        if self.faults:
            body["errors"] = [_fault(fault) for fault in self.faults]
        headers = {"Cache-Control": "no-store", **self.headers}
        return JsonResponse(
            {**body, **self.more}, status=kind.status, content_type=MEDIA_TYPE, headers=headers
        )


def _fault(fault: Fault) -> dict[str, str]:
    return {("pointer" if fault.at.startswith("#") else "parameter"): fault.at, "detail": fault.detail}


def invalid(at: str, detail: str) -> Problem:
    return Problem("validation", faults=[Fault(at, detail)])


def handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn what a view raised into a problem document; None lets an error of ours through, to be recorded."""
    problem = _problem(error, context["request"])
    return problem.response() if problem else None


def _problem(error: Exception, request: HttpRequest) -> Problem | None:
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            in_query = request.method in ("GET", "HEAD")
            return Problem("validation", faults=list(_faults(error.detail, "" if in_query else "#")))
        case exceptions.APIException():
            return _known(error)
        case Http404():
            return Problem("not-found")
        case Stopped():
            return Problem("not-permitted", str(error))
        case PermissionDenied():
            return Problem("not-permitted")
        case RequestDataTooBig():
            return Problem("too-large")
        case SuspiciousOperation():
            return Problem("validation")
        case Locked():
            return Problem("locked", headers={"Retry-After": "60"})
        case _ if is_away(error):
            _log.error("database_unavailable", exc_info=error)
            return unavailable()
    return None


def is_away(error: BaseException | None) -> bool:
    """Whether the database was not there, or took nothing: the same request may be answered later."""
    if isinstance(error, InternalError):
        return isinstance(error.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    return isinstance(
        error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
    )


def unavailable() -> Problem:
    return Problem("unavailable", headers={"Retry-After": "5"})


_SLUGS: Final[Mapping[type[exceptions.APIException], str]] = {
    exceptions.ParseError: "validation",
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.AuthenticationFailed: "not-authenticated",
    exceptions.PermissionDenied: "not-permitted",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
}


def _known(error: exceptions.APIException) -> Problem | None:
    slug = _SLUGS.get(type(error))
    if slug is None:
        return None
    challenge = getattr(error, "auth_header", None)
    headers = {"WWW-Authenticate": str(challenge)} if challenge else {}
    return Problem(slug, str(error.detail), headers=headers)


def _faults(detail: Any, at: str) -> Iterator[Fault]:
    """Flatten what DRF says of each field, however deep, into faults."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            yield from _faults(inner, at if whole else f"{at}/{_escaped(name)}" if at else str(name))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            if inner:
                yield from _faults(inner, f"{at}/{place}" if nested else at)
    else:
        yield Fault(at or "#", str(detail))


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")  # RFC 6901


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a problem's `type` leads to."""
    if slug not in KINDS:
        raise Http404
    return render(request, "people/problem.html", {"slug": slug, "kind": KINDS[slug]})
