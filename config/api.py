"""Where the API's calls are, how they are described, and what is answered where there is no call."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import api as exchanges_api
from parcels.api import log, moving, people, reading, screenings, track, webhooks
from people.problems import Problem, page


@cache
def _description() -> Any:
    """Return the OpenAPI document; it is made once, for it takes a while and never changes."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


class Description(SpectacularAPIView):
    http_method_names = ("get", "head")
    # JSON to who asks for nothing special: every tool reads it, also those that expect YAML.
    renderer_classes = [
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(_description())


class Docs(SpectacularSwaggerSplitView):
    template_name = "people/docs.html"
    # Any other would be answered by a template that this page has not.
    http_method_names = ("get", "head")


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    return Problem("not-found").response()


urlpatterns = [
    path("api/v1/parcels/", reading.Parcels.as_view()),
    path("api/v1/parcels/<str:number>/", reading.OneParcel.as_view()),
    path("api/v1/parcels/<str:number>/movements/", reading.Movements.as_view()),
    path("api/v1/moves/", moving.Moves.as_view()),
    path("api/v1/screenings/", screenings.Screenings.as_view()),
    path("api/v1/track/", track.TrackView.as_view()),
    path("api/v1/log/heads/", log.Heads.as_view()),
    path("api/v1/log/proofs/", log.Proofs.as_view()),
    path("api/v1/people/", people.People.as_view()),
    path("api/v1/people/<str:reference>/", people.OnePerson.as_view()),
    path("api/v1/agreements/", exchanges_api.Agreements.as_view()),
    path("api/v1/agreements/<str:reference>/", exchanges_api.OneAgreement.as_view()),
    path("api/v1/agreements/<str:reference>/terms/", exchanges_api.TermsVersions.as_view()),
    path("api/v1/returns/", exchanges_api.Returns.as_view()),
    path("api/v1/returns/<str:reference>/", exchanges_api.OneReturn.as_view()),
    path("api/v1/rounds/", exchanges_api.Rounds.as_view()),
    path("api/v1/rounds/<str:reference>/", exchanges_api.OneRound.as_view()),
    path("api/v1/visits/", exchanges_api.Visits.as_view()),
    path("api/v1/visits/<str:reference>/", exchanges_api.OneVisit.as_view()),
    path("api/v1/webhooks/", webhooks.Webhooks.as_view()),
    path("api/v1/webhooks/<str:reference>/", webhooks.OneWebhook.as_view()),
    path("api/v1/webhooks/<str:reference>/rotate/", webhooks.Rotate.as_view()),
    path("api/v1/webhooks/<str:reference>/test/", webhooks.SendTest.as_view()),
    path("api/v1/webhooks/<str:reference>/enable/", webhooks.Enable.as_view()),
    path("api/v1/webhooks/<str:reference>/disable/", webhooks.Disable.as_view()),
    path("api/v1/webhooks/<str:reference>/close/", webhooks.Close.as_view()),
    path("api/v1/webhooks/<str:reference>/deliveries/", webhooks.Deliveries.as_view()),
    path("api/v1/webhooks/<str:reference>/deliveries/<str:id>/replay/", webhooks.Replay.as_view()),
    path("api/schema/", Description.as_view(), name="schema"),
    path("api/docs/", Docs.as_view(url_name="schema"), name="api-docs"),
    re_path(r"^(?:api|oauth)/", unknown),
    re_path(r"^problems/(?P<slug>[a-z-]+)/?$", page, name="problem"),
]
