"""/api/v1/webhooks/: a partner's system looks after its own endpoints, and reads what it was told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.db.models import Count, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from parcels import outbox
from people.actors import Actor
from people.api import Calls, Pages
from people.fields import Match, Strict
from people.idempotency import Body, Reply, once
from people.models import Client, Delivery, Endpoint, EndpointKey
from people.oauth import actor_of
from people.problems import Problem, invalid
from people.relay import addresses, endpoints, secrets, telling

_REFERENCE: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{16}", re.ASCII)
_EMAIL: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$"
EVENTS: Final = (*outbox.EVENTS, telling.TEST)
STATUSES: Final = ("active", "disabled")
STATES: Final = Delivery.State.values


class WebhookPages(Pages):
    ordering = "reference"


class DeliveryPages(Pages):
    ordering = "-pk"
    place = re.compile(r"[0-9]{1,18}", re.ASCII)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Hear of moves",
            value={"url": "https://hooks.partner.example/lifeline", "events": ["parcel.moved"]},
            request_only=True,
        )
    ]
)
class WebhookAskedSerializer(Strict):
    url = Match(
        regex=r"^https?://[!-~]+$", max_length=addresses.LONGEST,
        help_text="https, port 443, a public address; redirects are not followed",
    )  # fmt: skip
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=outbox.EVENTS), max_length=len(outbox.EVENTS), required=False,
        help_text="Left out or empty: all of them",
    )  # fmt: skip
    contact = Match(
        regex=_EMAIL, max_length=254, required=False,
        help_text="A mail address, told when nothing can be delivered any more",
    )  # fmt: skip


class WebhookSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=outbox.EVENTS))
    contact = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    disabled_because = serializers.ChoiceField(
        choices=Endpoint.Because.values, allow_null=True, help_text="Why nothing is sent"
    )
    waiting = serializers.IntegerField(help_text="Deliveries that are still to come")
    public_key = serializers.CharField(help_text="Of v1a, Ed25519, as Standard Webhooks writes it: whpk_")
    made_at = serializers.DateTimeField()


class WebhookSecretSerializer(WebhookSerializer):
    """As it was made, or its secret anew: this once, and in the reply to the same request sent again."""

    secret = serializers.CharField(
        allow_null=True, help_text="Of v1, HMAC-SHA256: whsec_. Null once another has taken its place"
    )


class DeliverySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The webhook-id it is sent with, each time")
    event = serializers.ChoiceField(choices=EVENTS)
    state = serializers.ChoiceField(choices=STATES)
    attempts = serializers.IntegerField()
    result = serializers.CharField(allow_null=True, help_text="What came of the last attempt")
    took_ms = serializers.IntegerField(allow_null=True)
    made_at = serializers.DateTimeField()
    tried_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


def _mine(actor: Actor) -> QuerySet[Endpoint]:
    """Return the endpoints of the calling system: not even others of its organisation see them."""
    return Endpoint.objects.filter(client=actor.client_id, closed_at=None, kind=Endpoint.Kind.WEBHOOK)


def _one(request: Request, reference: str) -> Endpoint:
    found = _mine(actor_of(request)).filter(reference=reference) if _REFERENCE.fullmatch(reference) else None
    endpoint = found.first() if found is not None else None
    if endpoint is None:
        raise Http404
    return endpoint


def _told(endpoints_: list[Endpoint]) -> list[dict[str, Any]]:
    ids = [each.pk for each in endpoints_]
    keys = {key.endpoint_id: key for key in EndpointKey.objects.filter(endpoint__in=ids, until_at=None)}
    rows = Delivery.objects.filter(endpoint__in=ids, state=Delivery.State.WAITING).values_list("endpoint")
    waiting = dict(rows.annotate(Count("pk")))
    return [
        {
            "reference": each.reference,
            "url": each.address,
            "events": each.events or list(outbox.EVENTS),
            "contact": each.contact or None,
            "status": each.status,
            "disabled_because": each.disabled_because or None,
            "waiting": waiting.get(each.pk, 0),
            "public_key": secrets.public_text(keys[each.pk]),
            "made_at": each.made_at,
        }
        for each in endpoints_
    ]


def _body(endpoint: Endpoint) -> Body:
    endpoint.refresh_from_db()
    (told,) = _told([endpoint])
    return dict(WebhookSerializer(told).data)


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": telling.message_id(delivery.reference),
        "event": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "result": delivery.reason or None,
        "took_ms": delivery.took_ms,
        "made_at": delivery.made_at,
        "tried_at": delivery.tried_at,
        "ended_at": delivery.ended_at,
    }


def _with_secret(body: Body) -> Body:
    """Add the secret, which is in no saved reply, as long as it is the one in use."""
    key = EndpointKey.objects.filter(endpoint__reference=body["reference"], until_at=None).first()
    is_same = key is not None and secrets.public_text(key) == body["public_key"]
    return {**body, "secret": secrets.opened(key).secret_text if key and is_same else None}


class Webhooks(Calls, generics.ListAPIView[Endpoint]):
    scopes: ClassVar = {"GET": "webhooks:manage", "POST": "webhooks:manage"}
    needs_key = True
    problems_of: ClassVar = {"POST": ("not-now", "locked")}
    serializer_class = WebhookSerializer
    pagination_class = WebhookPages
    filter_backends = ()

    @extend_schema(operation_id="webhooks_list", summary="The endpoints of your system")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(_mine(actor_of(request))) or []
        return self.get_paginated_response(WebhookSerializer(_told(list(page)), many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        summary="Make an endpoint",
        description="What happens from now on is sent there, signed as Standard Webhooks has it. The secret"
        " is shown in this reply alone.",
        request=WebhookAskedSerializer,
        responses={201: WebhookSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        shape, actor = WebhookAskedSerializer(data=request.data), actor_of(request)

        def write() -> Reply:
            shape.is_valid(raise_exception=True)
            return Reply(201, _body(_made(shape.validated_data, actor)))

        return once(request, write, complete=_with_secret)


def _made(asked: dict[str, Any], actor: Actor) -> Endpoint:
    client = Client.objects.get(pk=actor.client_id or 0)
    try:
        return endpoints.make(
            client, asked["url"], contact=asked.get("contact", ""), events=asked.get("events", ()), by=actor
        )
    except addresses.Unfit as unfit:
        raise invalid("#/url", str(unfit)) from None
    except endpoints.TooMany:
        raise Problem(
            "not-now", f"A system has at most {endpoints.MOST} endpoints. Close one first."
        ) from None


_PATH: Final = OpenApiParameter(
    "reference", {"type": "string", "pattern": f"^{_REFERENCE.pattern}$"}, OpenApiParameter.PATH
)


class OneWebhook(Calls):
    scopes: ClassVar = {"GET": "webhooks:manage"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(
        operation_id="webhooks_retrieve", summary="One endpoint", parameters=[_PATH],
        responses=WebhookSerializer,
    )  # fmt: skip
    def get(self, request: Request, reference: str) -> Response:
        return Response(_body(_one(request, reference)))


class _Deed(Calls):
    """Something done with one endpoint: no body, and an answer that shows it as it then is."""

    scopes: ClassVar = {"POST": "webhooks:manage"}
    needs_key = True
    problems_of: ClassVar = {"POST": ("not-found", "locked")}

    def complete(self, body: Body) -> Body:
        return body

    def _do(self, request: Request, reference: str, deed: Callable[[Endpoint, Actor], Reply]) -> Response:
        """Look for the endpoint behind the key: a repeat is answered when it is not there any more."""
        actor = actor_of(request)
        return once(request, lambda: deed(_one(request, reference), actor), complete=self.complete)


class Rotate(_Deed):
    def complete(self, body: Body) -> Body:
        return _with_secret(body)

    @extend_schema(
        operation_id="webhooks_rotate",
        summary="Give an endpoint a new secret",
        description="For 24 hours what is sent is signed under both. The new one is shown in this reply"
        " alone.",
        parameters=[_PATH], request=None, responses=WebhookSecretSerializer,
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            endpoints.rotate(endpoint, by=actor)
            return Reply(200, _body(endpoint))

        return self._do(request, reference, deed)


class SendTest(_Deed):
    @extend_schema(
        operation_id="webhooks_test", summary="Have a test event sent", parameters=[_PATH], request=None,
        responses={202: DeliverySerializer},
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            made = endpoints.test(endpoint, by=actor)
            return Reply(202, dict(DeliverySerializer(_delivery(made)).data))

        return self._do(request, reference, deed)


class Enable(_Deed):
    @extend_schema(
        operation_id="webhooks_enable", summary="Go on at once with what waits", parameters=[_PATH],
        request=None, responses=WebhookSerializer,
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            endpoints.enable(endpoint, by=actor)
            return Reply(200, _body(endpoint))

        return self._do(request, reference, deed)


class Disable(_Deed):
    @extend_schema(
        operation_id="webhooks_disable", summary="Send nothing until it is enabled again", parameters=[_PATH],
        description="What happens meanwhile waits for it.", request=None, responses=WebhookSerializer,
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            endpoints.disable(endpoint, Endpoint.Because.PARTNER, by=actor)
            return Reply(200, _body(endpoint))

        return self._do(request, reference, deed)


class Close(_Deed):
    @extend_schema(
        operation_id="webhooks_close", summary="End an endpoint for good", parameters=[_PATH],
        description="What was not sent there is not sent any more.", request=None,
        responses=WebhookSerializer,
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            told = {**_body(endpoint), "status": "disabled"}
            endpoints.close(endpoint, by=actor)
            return Reply(200, told)

        return self._do(request, reference, deed)


class Deliveries(Calls, generics.ListAPIView[Delivery]):
    scopes: ClassVar = {"GET": "webhooks:manage"}
    problems_of: ClassVar = {"GET": ("not-found",)}
    serializer_class = DeliverySerializer
    pagination_class = DeliveryPages
    filter_backends = ()

    @extend_schema(
        operation_id="webhooks_deliveries_list",
        summary="What was sent to an endpoint, or still is to be, newest first",
        parameters=[_PATH],
    )
    def get(self, request: Request, reference: str) -> Response:
        page = self.paginate_queryset(Delivery.objects.filter(endpoint=_one(request, reference))) or []
        rows = [_delivery(each) for each in page]
        return self.get_paginated_response(DeliverySerializer(rows, many=True).data)


class Replay(_Deed):
    problems_of: ClassVar = {"POST": ("not-found", "not-now")}

    @extend_schema(
        operation_id="webhooks_deliveries_replay",
        summary="Have a delivery sent again",
        description="With the same webhook-id and the same body, before what came after it.",
        parameters=[
            _PATH,
            OpenApiParameter(
                "id", {"type": "string", "pattern": f"^msg_{_REFERENCE.pattern}$"}, OpenApiParameter.PATH
            ),
        ],
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, reference: str, id: str) -> Response:
        def deed(endpoint: Endpoint, actor: Actor) -> Reply:
            found = Delivery.objects.filter(endpoint=endpoint, reference=id.removeprefix("msg_")[:16])
            delivery = found.first()
            if delivery is None or telling.message_id(delivery.reference) != id:
                raise Http404
            if not endpoints.send_again([delivery], by=actor):
                raise Problem("not-now", "It waits already, or may not be read there any more.")
            delivery.refresh_from_db()
            return Reply(202, dict(DeliverySerializer(_delivery(delivery)).data))

        return self._do(request, reference, deed)
