"""For officers and auditors: how far the custody log is sealed, its heads, and whether it was verified."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parcels.custody_log import CUSTODY
from parcels.models import CustodyCheck, CustodyHead
from people import heads
from people.audit_desk import sealed
from people.desk import ReadOnlyDesk, require


@admin.register(CustodyHead)
class CustodyHeadAdmin(ReadOnlyDesk):
    list_display = ("at", "movements", "root_shown", "key", "signature_shown")
    list_display_links = None
    ordering = ("-size",)
    sortable_by = ()
    list_per_page = 50
    change_list_template = "admin/parcels/custody.html"

    def mine(self, request: HttpRequest) -> Q:
        """Heads are the same for everybody, and name nobody."""
        return Q()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        require(self.has_view_permission(request))
        told = {
            **sealed(CUSTODY),
            "check": CustodyCheck.objects.order_by("-pk").first(),
            "keys": [(name, public.hex()) for name, public in heads.public_keys().items()],
        }
        return super().changelist_view(request, {**(extra_context or {}), **told})

    @admin.display(description="movements")
    def movements(self, head: CustodyHead) -> str:
        return f"{head.size:,}"

    @admin.display(description="root")
    def root_shown(self, head: CustodyHead) -> SafeString:
        return _hexadecimal(head.root)

    @admin.display(description="signature")
    def signature_shown(self, head: CustodyHead) -> SafeString:
        return _hexadecimal(head.signature)


def _hexadecimal(value: bytes | memoryview) -> SafeString:
    return format_html('<span class="mono wrap">{}</span>', bytes(value).hex())
