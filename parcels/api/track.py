"""POST /api/v1/track/: where is it? Asked with a receipt code, by whoever has it.

It passes by the framework's own reading, permissions and rendering: this is what a whole round's families
ask at once. The view class only lets the call be described with the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import psycopg
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers

from parcels import tracking
from parcels.api.shapes import WORDS
from parcels.lifecycle import COMPLETE, EVIDENCE
from parcels.tracking import TooManyWrongCodes, Track, UnknownCode
from people import throttle
from people.api import Calls
from people.fields import Strict
from people.problems import Problem, handler, invalid

LONGEST_BODY: Final = 4_096


@extend_schema_serializer(
    examples=[OpenApiExample("A code", value={"receipt_code": "0000-0000-0000-0000-0000-0000"})]
)
class CodeSerializer(Strict):
    receipt_code = serializers.CharField(help_text="As printed on the slip, or as people type it")


class EntrySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=WORDS)
    since_on = serializers.DateField()


class ReceiptSerializer(serializers.Serializer[Any]):
    grade = serializers.ChoiceField(choices=EVIDENCE)
    complete = serializers.ChoiceField(choices=COMPLETE)


class TrackSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=WORDS)
    since_on = serializers.DateField()
    usual_days = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2, allow_null=True
    )
    timeline = EntrySerializer(many=True)
    receipt = ReceiptSerializer(allow_null=True)
    next_look_on = serializers.DateField(allow_null=True)


class TrackView(Calls):
    authentication_classes = ()
    permission_classes = ()
    problems_of: ClassVar = {"POST": ("not-found", "throttled")}

    @extend_schema(
        operation_id="track_create",
        summary="Where a parcel is, in its family's words",
        description="A wrong, an unknown and a withdrawn code are answered alike. Only wrong codes count.",
        request=CodeSerializer,
        responses={200: TrackSerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(_told(_look_up(request)), headers={"Cache-Control": "no-store"})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return Problem("method-not-allowed", headers={"Allow": "POST"}).response()
        try:
            return self.post(request)
        except (Problem, psycopg.OperationalError, OperationalError) as error:
            answer = handler(error, {"request": request})
            if answer is None:
                raise
            return answer


def _look_up(request: HttpRequest) -> Track:
    network = throttle.network_of(request, trusted_proxies=settings.TRUSTED_PROXIES)
    try:
        return tracking.look_up(_code(request), network=network, now=timezone.now())
    except UnknownCode:
        raise Problem("not-found") from None
    except TooManyWrongCodes as wait:
        raise Problem("throttled", headers={"Retry-After": str(wait.retry_after_s)}) from None


def _code(request: HttpRequest) -> str:
    if request.content_type != "application/json":
        raise Problem("unsupported-media-type")
    try:
        body = request.body
    except RequestDataTooBig:
        raise Problem("too-large") from None
    if len(body) > LONGEST_BODY:
        raise Problem("too-large")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem("validation", "This is no JSON.") from None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("receipt_code"), str):
        raise invalid("#/receipt_code", "A text.")
    if unknown := sorted(asked.keys() - {"receipt_code"}):
        raise invalid(f"#/{unknown[0]}", "There is no such field.")
    return str(asked["receipt_code"])


def _told(track: Track) -> dict[str, Any]:
    receipt = track.receipt
    return {
        "status": track.status,
        "since_on": track.since_on,
        "usual_days": track.usual_days,
        "timeline": [{"status": entry.status, "since_on": entry.since_on} for entry in track.timeline],
        "receipt": receipt and {"grade": receipt.grade, "complete": receipt.complete},
        "next_look_on": track.next_look_on,
    }
