"""GET /api/v1/log/: the signed heads of the custody log, and proofs by them."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from parcels import access
from parcels.api.reading import NUMBER, find
from parcels.custody_log import CUSTODY, opening, proofs
from parcels.custody_log.opening import Leaf
from parcels.models import CustodyHead
from people import heads, sealing
from people.actors import Actor
from people.acts import Act
from people.api import Calls, Pages
from people.audit import record
from people.canonical import GREATEST
from people.nodes import Kept
from people.oauth import actor_of
from people.problems import invalid
from people.sealing import Head


class HeadSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(help_text="How many movements the log had")
    root = serializers.CharField(help_text="Of the Merkle tree (RFC 9162), hexadecimal")  # type: ignore[assignment]
    at = serializers.DateTimeField()
    key = serializers.CharField(help_text="Name of the key: the first 8 bytes of its SHA-256")
    public_key = serializers.CharField(allow_null=True, help_text="Ed25519, 32 bytes")
    signed = serializers.CharField(help_text="The text that is signed, canonical JSON (RFC 8785)")
    signature = serializers.CharField(help_text="Ed25519 (RFC 8032), 64 bytes")


class PartSerializer(serializers.Serializer[Any]):
    salt = serializers.CharField()
    told = serializers.DictField()


class SealedMovementSerializer(serializers.Serializer[Any]):
    salt = serializers.CharField()
    entry = serializers.DictField(
        help_text="The leaf is SHA-256 of 0x00, the salt, and this as canonical JSON"
    )
    parts = serializers.DictField(child=PartSerializer(), help_text="Those of `hidden` that you may read")


class InclusionSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    leaf = serializers.CharField()
    proof = serializers.ListField(child=serializers.CharField())
    movement = SealedMovementSerializer(allow_null=True, help_text="Where you asked for a movement")


class ConsistencySerializer(serializers.Serializer[Any]):
    older = HeadSerializer()
    proof = serializers.ListField(child=serializers.CharField())


class ProofsSerializer(serializers.Serializer[Any]):
    head = HeadSerializer(help_text="The one by which all is proved")
    inclusion = InclusionSerializer(allow_null=True)
    consistency = ConsistencySerializer(allow_null=True)


class HeadPages(Pages):
    ordering = "-size"
    place = re.compile(r"[0-9]{1,16}", re.ASCII)


@extend_schema_view(
    get=extend_schema(
        operation_id="log_heads_list", summary="The signed heads of the custody log, newest first"
    )
)
class Heads(Calls, generics.ListAPIView[CustodyHead]):
    scopes: ClassVar = {"GET": "log:read"}
    queryset = CustodyHead.objects.all()
    serializer_class = HeadSerializer
    pagination_class = HeadPages
    filter_backends = ()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        told = [_head(proofs.head_of_row(each)) for each in page]
        return self.get_paginated_response(HeadSerializer(told, many=True).data)


def _whole(name: str, least: int, description: str) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": least, "maximum": GREATEST}
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_NUMBER: Final = re.compile(NUMBER["pattern"], re.ASCII)
_PARCEL: Final = OpenApiParameter(
    "parcel", NUMBER, OpenApiParameter.QUERY, description="A movement of it is proved to be in the log"
)


class Proofs(Calls):
    """A movement that you do not read as it was recorded is answered as one that is not there."""

    scopes: ClassVar = {"GET": "log:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(
        operation_id="log_proofs_retrieve",
        summary="Proofs that a leaf is in the log, and that the log only grew",
        parameters=[
            _whole("size", 1, "Of the head by which to prove; without it the newest"),
            _whole("index", 0, "A leaf, by its place: proved to be in the log"),
            _PARCEL,
            _whole(
                "number", 1, "Which movement of the parcel, as its list numbers them for you; without it 1"
            ),
            _whole("older", 1, "Size of an older head: the log is proved to have grown from it"),
        ],
        responses=ProofsSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = {name: _asked(request, name, least) for name, least in _LEAST.items()}
        head = _of_size(asked["size"])
        nodes = Kept(CUSTODY)
        older = asked["older"]
        told = {
            "head": _head(head),
            "inclusion": _inclusion(request, asked["index"], asked["number"], head, nodes),
            "consistency": None if older is None else _consistency(older, head, nodes),
        }
        return Response(ProofsSerializer(told).data)


_LEAST: Final = {"size": 1, "index": 0, "number": 1, "older": 1}


def _asked(request: Request, name: str, least: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= GREATEST:
        raise invalid(name, f"A whole number from {least} to {GREATEST}.")
    return int(text)


def _of_size(size: int | None) -> Head:
    head = sealing.last_head(CUSTODY) if size is None else proofs.head_of(size)
    if head is None:
        raise Http404
    return head


def _inclusion(
    request: Request, index: int | None, number: int | None, head: Head, nodes: Kept
) -> dict[str, Any] | None:
    parcel = request.query_params.get("parcel")
    if parcel is not None and not _NUMBER.fullmatch(parcel):
        raise invalid("parcel", "A number as it is printed on the label.")
    if parcel is None and number is not None:
        raise Http404
    if parcel is None and index is None:
        return None
    actor = actor_of(request)
    leaf = _leaf_at(index) if parcel is None else _leaf_of(actor, parcel, number or 1)
    if leaf.index >= head.size or index not in (None, leaf.index):
        raise Http404
    return {
        "index": leaf.index,
        "leaf": leaf.hash.hex(),
        "proof": proofs.inclusion(leaf.index, head.size, nodes),
        "movement": None if parcel is None else _movement(actor, leaf),
    }


def _leaf_at(index: int | None) -> Leaf:
    found = opening.leaves(index or 0, 1)
    if not found:
        raise Http404
    return found[0]


def _leaf_of(actor: Actor, parcel: str, place: int) -> Leaf:
    now = timezone.now()
    seen = find(actor, parcel, now)
    if access.sight(actor, seen).published_only:
        raise Http404
    movement = access.movements(actor, seen, now).filter(place=place).first()
    leaf = opening.leaf_of_movement(movement.pk) if movement else None
    if leaf is None:
        raise Http404
    return leaf


def _movement(actor: Actor, leaf: Leaf) -> dict[str, Any]:
    (told,) = opening.opened([leaf], by=actor, now=timezone.now())
    if "entry" not in told:
        raise Http404
    if told["parts"].get("route", {}).get("told"):
        record(actor, Act.SEE_ROUTE, "movement", leaf.movement)
    return told


def _consistency(older: int, head: Head, nodes: Kept) -> dict[str, Any]:
    if older > head.size:
        raise Http404
    return {"older": _head(_of_size(older)), "proof": proofs.consistency(older, head.size, nodes)}


def _head(head: Head) -> dict[str, Any]:
    public = heads.public_keys().get(head.key)
    return {
        **proofs.head_told(head),
        "public_key": public.hex() if public else None,
        "signed": heads.text(CUSTODY.log, head.size, head.root, head.at),
    }
