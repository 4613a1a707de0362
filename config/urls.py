"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from config import health, reporting

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path(".well-known/security.txt", reporting.security_txt),
    path("security/", reporting.page, name="security"),
    path("admin/", admin.site.urls),
    path("", include("people.urls")),
    path("", include("exchanges.urls")),
    path("", include("config.api")),
    path("", include("parcels.urls")),
]
