"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from config import health

handler400 = "config.api.bad_request"
handler500 = "config.api.server_error"

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("admin/", admin.site.urls),
    path("", include("people.urls")),
    path("", include("exchanges.urls")),
    path("", include("config.api")),
    path("", include("parcels.urls")),
]
