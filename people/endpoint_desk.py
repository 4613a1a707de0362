"""For managers: where partners' systems are told of what happens. For those who look: what was delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from people import rights
from people.desk import ReadOnlyDesk, page, require, staff_of
from people.locking import Locked
from people.models import Client, Delivery, Endpoint, Staff
from people.relay import addresses, endpoints, secrets
from people.signin import fresh

# What may be told of is the business of `parcels`; here it is only a choice of words.
EVENTS: Final = ("parcel.moved", "parcel.observed", "log.head")
_SHOWN: Final = 20
_LOCKED: Final = "Secrets are locked: two officers must unlock the keys first."


class EndpointForm(forms.Form):
    client = forms.ModelChoiceField(
        Client.objects.none(), label="System", help_text="It is told what this system may read"
    )
    address = forms.CharField(
        label="Address", max_length=addresses.LONGEST, help_text="https, port 443, a public address"
    )
    contact = forms.EmailField(
        label="Contact", required=False, help_text="Who is told when nothing can be delivered any more"
    )
    events = forms.MultipleChoiceField(
        label="Events", required=False, choices=[(each, each) for each in EVENTS],
        widget=forms.CheckboxSelectMultiple, help_text="None chosen: all of them",
    )  # fmt: skip

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        try:
            addresses.parsed(address, settings.WEBHOOK_EXCEPTIONS)
        except addresses.Unfit as unfit:
            raise forms.ValidationError(str(unfit)) from None
        return address


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyDesk):
    list_display = ("reference", "client", "organisation", "address", "status", "answered_at")
    list_select_related = ("client", "organisation")
    ordering = ("-pk",)
    sortable_by = ()

    def mine(self, request: HttpRequest) -> Q:
        ours = rights.organisations(staff_of(request), "people.view_endpoint")
        return Q(organisation__in=ours, kind=Endpoint.Kind.WEBHOOK)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).has_perm("people.add_endpoint")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(self.has_add_permission(request))
        form = EndpointForm(request.POST if request.method == "POST" else None)
        offices = rights.organisations(staff_of(request), "people.add_endpoint")
        form.fields["client"].queryset = Client.objects.filter(  # type: ignore[attr-defined]
            organisation__in=offices, active=True
        ).order_by("name")
        if request.method == "POST":
            fresh.require(request)
            if form.is_valid() and (made := _made(request, form)):
                return _secret(request, made)
        status = 400 if form.errors else 200
        return page(request, "admin/people/endpoint_add.html", "A new webhook", {"form": form}, status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        endpoint: Endpoint = self.get_object(request, object_id)
        if request.method == "POST":
            return _done(request, endpoint)
        deliveries = endpoint.deliveries.order_by("-pk")
        context = {
            "endpoint": endpoint,
            "deliveries": deliveries[:_SHOWN],
            "counts": deliveries.order_by("state").values_list("state").annotate(Count("pk")),
            "keys": [(key, secrets.public_text(key)) for key in endpoint.keys.order_by("-number")[:3]],
            "events": endpoint.events or EVENTS,
            "may_change": _may_change(request, endpoint) and endpoint.closed_at is None,
        }
        return page(request, "admin/people/endpoint.html", f"Webhook {endpoint.reference}", context)


def _made(request: HttpRequest, form: EndpointForm) -> Endpoint | None:
    told = form.cleaned_data
    try:
        return endpoints.make(
            told["client"], told["address"], contact=told["contact"], events=told["events"],
            by=staff_of(request),
        )  # fmt: skip
    except endpoints.TooMany:
        form.add_error("client", f"This system has {endpoints.MOST} endpoints already.")
    except Locked:
        form.add_error(None, _LOCKED)
    return None


def _may_change(request: HttpRequest, endpoint: Endpoint) -> bool:
    return endpoint.organisation_id in rights.organisations(staff_of(request), "people.change_endpoint")


def _secret(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """Show the secret, this once."""
    key = endpoint.keys.get(until_at=None)
    context = {
        "endpoint": endpoint,
        "secret": secrets.opened(key).secret_text,
        "public": secrets.public_text(key),
    }
    return page(request, "admin/people/endpoint_secret.html", f"Webhook {endpoint.reference}", context)


Deed = Callable[[Endpoint, Staff], object]
DEEDS: Final[Mapping[str, tuple[Deed, str]]] = {
    "test": (lambda endpoint, by: endpoints.test(endpoint, by=by), "A test event is on its way."),
    "enable": (lambda endpoint, by: endpoints.enable(endpoint, by=by), "What waits is sent now."),
    "disable": (
        lambda endpoint, by: endpoints.disable(endpoint, Endpoint.Because.STAFF, by=by),
        "Nothing is sent until it is enabled again.",
    ),
    "close": (lambda endpoint, by: endpoints.close(endpoint, by=by), "Closed for good."),
}


def _done(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    require(_may_change(request, endpoint))
    fresh.require(request)
    deed = request.POST.get("deed", "")
    try:
        if deed == "rotate":
            endpoints.rotate(endpoint, by=staff_of(request))
            return _secret(request, endpoint)
        require(deed in DEEDS)
        do, said = DEEDS[deed]
        do(endpoint, staff_of(request))
        messages.success(request, said)
    except endpoints.Closed:
        messages.error(request, "It was closed meanwhile.")
    except Locked:
        messages.error(request, _LOCKED)
    return HttpResponseRedirect(reverse("admin:people_endpoint_change", args=[endpoint.pk]))


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(value, str(label)) for value, label in Delivery.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in Delivery.State.values else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyDesk):
    """The log of what was sent, and the quarantine of what could not be."""

    list_display = ("made_at", "whom", "event", "state", "attempts", "reason", "took_ms", "ended_at")
    list_display_links = None
    list_select_related = ("endpoint__client", "endpoint__organisation")
    list_filter = (StateFilter,)
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("send_again",)

    def mine(self, request: HttpRequest) -> Q:
        ours = rights.organisations(staff_of(request), "people.view_delivery")
        return Q(endpoint__organisation__in=ours)

    @admin.display(description="to whom")
    def whom(self, delivery: Delivery) -> SafeString:
        endpoint = delivery.endpoint
        if endpoint.client is None:
            return format_html("{} (mail)", endpoint.organisation)
        return format_html("{} ({})", endpoint.client.name, endpoint.reference)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).has_perm("people.change_delivery")

    @admin.action(description="Send again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Out of quarantine, or once more: the same id and body."""
        ours = rights.organisations(staff_of(request), "people.change_delivery")
        theirs = queryset.filter(endpoint__organisation__in=ours)
        many = endpoints.send_again(theirs, by=staff_of(request))
        left = theirs.filter(endpoint__disabled_at__isnull=False).exists()
        messages.success(request, f"{many} will be sent again.")
        if left:
            messages.warning(request, "Some wait until their webhook is enabled.")
