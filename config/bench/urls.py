"""The product's addresses, and beside them those that only the bench asks."""

from django.urls import path

from config.bench import plain_api
from config.urls import handler400, handler500
from config.urls import urlpatterns as ours

__all__ = ["handler400", "handler500", "urlpatterns"]

urlpatterns = [
    *ours,
    path("bench/empty/", plain_api.empty),
    path("bench/plain/", plain_api.PlainTrack.as_view()),
]
