"""The frame of the admin: how one comes in, what the first page shows, and the way around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from people.actors import acting
from people.acts import Act
from people.audit import record
from people.models import Organisation, Staff
from people.signin import account, addresses, entering, kept, sessions


class Entry(NamedTuple):
    """A way to a page, for those who hold the right."""

    name: str
    page: str
    perm: str


def _list(model: str, name: str) -> Entry:
    app, _, model_name = model.partition(".")
    return Entry(name, f"admin:{app}_{model_name}_changelist", f"{app}.view_{model_name}")


MENU: Final[Mapping[str, tuple[Entry, ...]]] = {
    "Work": (
        _list("parcels.parcel", "Parcels"),
        Entry("Declare a parcel", "admin:parcels_counter", "parcels.add_parcel"),
        Entry("Review", "admin:parcels_review", "parcels.review_parcel"),
        _list("parcels.consignment", "Consignments"),
        Entry("Hard news", "admin:parcels_news", "parcels.release_parcel"),
        Entry("Waiting for a second person", "admin:parcels_waiting", "people.view_approval"),
        _list("people.person", "People"),
        _list("people.detention", "Places of detention"),
        _list("people.possiblematch", "Possible matches"),
        _list("people.prisonerlist", "Lists"),
        _list("people.rightsrequest", "Requests about one's data"),
        _list("parcels.quarantine", "Quarantine"),
        _list("parcels.difference", "Differences"),
    ),
    "Agreements": (
        _list("exchanges.round", "Rounds"),
        Entry("Calendar", "admin:exchanges_calendar", "exchanges.view_round"),
        _list("exchanges.visit", "Visits"),
        _list("exchanges.exchange", "Exchanges of prisoners"),
        _list("exchanges.return", "Returns"),
        _list("exchanges.claim", "Claims"),
        _list("exchanges.agreement", "Agreements"),
        _list("exchanges.terms", "Terms"),
        _list("parcels.ledgersnapshot", "Ledgers"),
        _list("parcels.custodyhead", "Custody log"),
    ),
    "Rights": (
        _list("people.staff", "Staff"),
        _list("people.client", "Systems"),
        _list("people.endpoint", "Webhooks"),
        _list("people.delivery", "Deliveries to partners"),
        _list("people.grant", "Rights"),
        _list("people.organisation", "Organisations"),
        _list("people.party", "Parties"),
        _list("people.auditentry", "Audit"),
        _list("people.alarm", "Alarms"),
        _list("parcels.liveness", "Workers"),
        _list("people.retentionperiod", "How long things are kept"),
        _list("people.purgerun", "Purges"),
    ),
}


class LifelineAdminSite(AdminSite):
    site_header = site_title = "Lifeline"
    index_title = "Today"
    site_url = None
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Work in one language, in the office's own time, and in one transaction that says who asks."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with translation.override("en"), timezone.override(_office_time(request)), _acting(request):
                response = _rendered(guarded(request, *args, **kwargs))
                kept.keep_if_over(request)
                return response

        return inner

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = addresses.open_to_all(entering.password)(request)
        return response

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if (row := sessions.of(request)) is not None and request.method == "POST":
            record(Staff(pk=row.staff_id), Act.SIGN_OUT)
            sessions.end(row.staff, only=row.pk)
        response = super().logout(request, extra_context)
        # ASVS 5.0 14.3.1. Cookies are left: the language is chosen by whoever sits here next as well.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return account.change_password(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from parcels.admin.reading import reader_of  # noqa: PLC0415  models are not loaded before

        context = super().each_context(request)
        if not isinstance(request.user, Staff) or not context["has_permission"]:
            return context
        reader = reader_of(request)
        several = len(reader.organisations) > 1
        return {
            **context,
            "ends_in": sessions.ends_in(request, timezone.now()),
            "acting_for": Organisation.objects.filter(pk=reader.organisation or 0).first(),
            "organisations": Organisation.objects.filter(pk__in=reader.organisations) if several else (),
            "acting_roles": ", ".join(sorted(reader.roles)),
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from parcels.admin import today  # noqa: PLC0415  models are not loaded before

        return super().index(request, {**(extra_context or {}), **today.context(request)})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the way around by what people do, not by which table it is kept in."""
        if not isinstance(request.user, Staff):
            return []
        groups = {
            group: [entry for entry in entries if request.user.has_perm(entry.perm)]
            for group, entries in MENU.items()
        }
        return [
            {
                "name": group,
                "app_label": group.lower(),
                "models": [{"name": each.name, "admin_url": reverse(each.page)} for each in entries],
            }
            for group, entries in groups.items()
            if entries
        ]

    def get_urls(self) -> list[Any]:
        acts_for: URLPattern = path("acts-for/", self.admin_view(_choose), name="acts_for")
        # Nothing here has an address on the family site to be led to.
        left_out = ("view_on_site", "password_change_done")
        return [
            acts_for,
            *addresses.of(self.admin_view),
            *(each for each in super().get_urls() if getattr(each, "name", "") not in left_out),
        ]


def _rendered(response: Any) -> Any:
    """Render now: later the language and the time zone are no longer ours."""
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        response.render()
    return response


def _acting(request: HttpRequest) -> AbstractContextManager[None]:
    from parcels.admin.reading import reader_of  # noqa: PLC0415  models are not loaded before

    return acting(reader_of(request).actor if isinstance(request.user, Staff) else None)


def _office_time(request: HttpRequest) -> ZoneInfo:
    if not isinstance(request.user, Staff):
        return ZoneInfo("UTC")
    first = request.user.grants.current().order_by("organisation_id").select_related("organisation").first()
    return ZoneInfo(first.organisation.time_zone if first else "UTC")


def _choose(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations."""
    from parcels.admin.reading import ACTS_FOR, reader_of  # noqa: PLC0415  models are not loaded before

    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen = request.POST.get("organisation", "")
    if chosen.isdecimal() and int(chosen) in reader_of(request).organisations:
        request.session[ACTS_FOR] = int(chosen)
    return HttpResponseRedirect(reverse("admin:index"))
