"""POST /api/v1/screenings/: may I send this? Asked by anyone, kept nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.models import Round
from parcels.api.declaring import MOST_LINES, ItemSerializer, lines_of
from parcels.api.shapes import FindingSerializer, findings_of
from parcels.assessment import assess
from parcels.screening import VERDICTS
from people import throttle
from people.api import Calls, language
from people.fields import Code, Strict
from people.problems import Problem, invalid

SCREENINGS: Final = 60
WINDOW: Final = timedelta(minutes=1)

_EXAMPLE: Final = {"items": [{"description": "мамино печенье", "quantity": 2, "unit_mass_g": 400}]}


@extend_schema_serializer(examples=[OpenApiExample("Biscuits", value=_EXAMPLE, request_only=True)])
class QuestionSerializer(Strict):
    round = Code(max_length=20, required=False, help_text="Needed while several are collecting")
    items = ItemSerializer(many=True, allow_empty=False, max_length=MOST_LINES)  # type: ignore[call-arg]


class AnswerSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=VERDICTS)
    findings = FindingSerializer(many=True)


class Screenings(Calls):
    authentication_classes = ()
    permission_classes = ()
    problems_of: ClassVar = {"POST": ("not-now", "throttled")}

    @extend_schema(
        operation_id="screenings_create",
        summary="What the terms of a round say of these things",
        description="Rounds that collect and are open to the public. Needs no account, stores nothing.",
        request=QuestionSerializer,
        responses={200: AnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        network = throttle.network_of(request._request, trusted_proxies=settings.TRUSTED_PROXIES)
        taken = throttle.take(f"screening:{network}", SCREENINGS, WINDOW)
        if not taken.allowed:
            raise Problem("throttled", headers={"Retry-After": str(taken.retry_after_s)})
        shape = QuestionSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        asked = shape.validated_data
        round_ = _round(asked.get("round"))
        found = assess(lines_of(asked["items"]), round_.terms, mass_g=None, language=language())
        return Response({"verdict": found.verdict, "findings": findings_of(found.findings)})


def _round(reference: str | None) -> Round:
    """:raises Problem: validation where it is no public round, or not said which of them; not-now at none."""
    rows = Round.objects.filter(open_to_public=True, status=Round.Status.COLLECTING).select_related("terms")
    found = list(rows.filter(reference=reference) if reference is not None else rows.order_by("pk")[:2])
    if reference is not None and not found:
        raise invalid("#/round", "No such round is collecting and open to the public.")
    if not found:
        raise Problem("not-now", "No round is collecting at present.")
    if len(found) > 1:
        raise invalid("#/round", "Several rounds are collecting: say which.")
    return found[0]
