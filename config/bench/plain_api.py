"""The usual way to look up: a view and serializers of Django REST framework, objects from the ORM.

Beside it the view that does nothing, which no view on this server can outdo.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchanges.models import Stay
from parcels import codes, tracking
from parcels.lifecycle import Status
from parcels.models import Movement, Parcel, Publication


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class CodeSerializer(serializers.Serializer[Any]):
    receipt_code = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    since_on = serializers.DateField()


class ReceiptSerializer(serializers.Serializer[Any]):
    grade = serializers.CharField()
    complete = serializers.CharField()


class TrackSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    since_on = serializers.DateField()
    usual_days = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    timeline = EntrySerializer(many=True)
    receipt = ReceiptSerializer(allow_null=True)
    next_look_on = serializers.DateField(allow_null=True)


class PlainTrack(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        found = _track(asked.validated_data["receipt_code"])
        if found is None:
            raise NotFound
        return Response(TrackSerializer(found).data)


def _track(text: str) -> tracking.Track | None:
    code_hash = codes.lookup_hash(bytes.fromhex(settings.KEYS.lookup), codes.normalise(text) or "")
    parcels = Parcel.objects.select_related("organisation", "round")
    parcel = parcels.filter(code_hash=code_hash).first()
    if parcel is None:
        return None
    now = timezone.now()
    zone = ZoneInfo(parcel.organisation.time_zone)
    news = dict(
        Publication.objects.filter(parcel=parcel, public_from__lte=now).values_list("number", "public_from")
    )
    public = [
        tracking.Public(
            movement.number,
            movement.move,
            Status(movement.status),
            news[movement.number].astimezone(zone).date(),
            movement.corrects,
            movement.details.get("evidence"),
            movement.details.get("complete"),
        )
        for movement in Movement.objects.filter(parcel=parcel, number__in=news).order_by("number")
    ]
    stays = {
        stay.status: tracking.Stay(stay.usual_low_days, stay.usual_high_days, stay.longest_days)
        for stay in Stay.objects.filter(terms=parcel.round.terms_id)
    }
    return tracking.project(parcel.pk, public, stays, today=now.astimezone(zone).date())
