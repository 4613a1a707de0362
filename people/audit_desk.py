"""For auditors: who looked, did or was refused what; how far that is sealed and shipped; and the alarms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from people import alarms, approvals, rights, sealing, shipping
from people.acts import ACTS, Act
from people.audit import record
from people.audit_tree import AUDIT
from people.desk import ReadOnlyDesk, page, require, staff_of
from people.models import Alarm, AuditCheck, AuditEntry, AuditShipment, Client, Grant, Staff
from people.sealing import Tree
from people.signin import fresh

_TIMES: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class _Filter(admin.SimpleListFilter):
    """One of a closed list; the column is named as the parameter."""

    choices_of: tuple[tuple[str, str], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return self.choices_of

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {value for value, _ in self.lookup_choices}
        asked = Q((str(self.parameter_name), self.value()))
        return queryset.filter(asked) if self.value() in chosen else queryset


class ActFilter(_Filter):
    title, parameter_name = "act", "act"
    choices_of = tuple(sorted((act.value, act.replace("_", " ")) for act in ACTS.values()))


class OutcomeFilter(_Filter):
    title, parameter_name = "outcome", "outcome"
    choices_of = tuple((value, str(label)) for value, label in AuditEntry.Outcome.choices)


class WhoFilter(admin.SimpleListFilter):
    """Staff and systems of the auditor's organisations, and those who are neither."""

    title, parameter_name = "who", "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = Staff.objects.filter(pk__in=_staff_of(request)).order_by("username")
        systems = Client.objects.filter(organisation__in=_mine(request)).order_by("name")
        return [
            *((f"staff-{each.pk}", each.username) for each in staff),
            *((f"client-{each.pk}", f"system {each.name}") for each in systems),
            *((by.value, str(by.label)) for by in AuditEntry.By if by not in ("staff", "client")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {value for value, _ in self.lookup_choices}:
            return queryset
        kind, _, key = str(self.value()).partition("-")
        return queryset.filter(**{kind: int(key)}) if key else queryset.filter(by=kind)


class WhenFilter(admin.SimpleListFilter):
    title, parameter_name = "when", "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, f"the last {name}") for name in _TIMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        span = _TIMES.get(str(self.value()))
        return queryset.filter(at__gt=Now() - span) if span else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyDesk):
    list_display = ("at", "who", "what", "outcome", "subject_shown", "purpose", "origin", "request")
    list_display_links = None
    list_select_related = ("staff", "client")
    list_filter = (ActFilter, OutcomeFilter, WhoFilter, WhenFilter)
    search_fields = ("request__exact", "staff__username__exact")
    search_help_text = "Reference of a request, or an account name, whole"
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 100
    change_list_template = "admin/people/audit.html"

    def mine(self, request: HttpRequest) -> Q:
        """What staff and systems of their organisations did; nobody's too: attempts have no organisation."""
        nobodys = Q(by__in=(AuditEntry.By.STRANGER, AuditEntry.By.WORKER, AuditEntry.By.COMMAND))
        ours = Q(staff__in=_staff_of(request)) | Q(client__organisation__in=_mine(request))
        return ours | nobodys if _mine(request) else Q(pk__in=[])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        require(self.has_view_permission(request))
        record(Staff(pk=staff_of(request).pk), Act.READ_AUDIT)
        return super().changelist_view(request, {**(extra_context or {}), **_tree()})

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        if entry.client:
            return f"system {entry.client.name}"
        return str(entry.staff or entry.get_by_display())

    @admin.display(description="act")
    def what(self, entry: AuditEntry) -> SafeString:
        """The act's plain line; an old word that is in the list no more stands for itself."""
        act = ACTS.get(entry.act)
        return format_html("{}", act.meaning if act else entry.act.replace("_", " "))

    @admin.display(description="of what")
    def subject_shown(self, entry: AuditEntry) -> str:
        number = "" if entry.subject is None else str(entry.subject)
        return f"{entry.subject_kind} {number}".strip() or entry.route


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyDesk):
    list_display = ("raised_at", "kind", "who", "organisation", "told_at", "closed_at", "closed_by", "reason")
    list_display_links = ("raised_at",)
    list_select_related = ("staff", "client", "organisation", "closed_by")
    ordering = ("-pk",)
    sortable_by = ()

    def mine(self, request: HttpRequest) -> Q:
        ours = rights.organisations(staff_of(request), "people.view_alarm")
        return Q(organisation__in=ours) | Q(organisation=None)

    @admin.display(description="who")
    def who(self, alarm: Alarm) -> str:
        return f"system {alarm.client.name}" if alarm.client else str(alarm.staff or "")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        alarm: Alarm = self.get_object(request, object_id)
        form = CloseForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            require(staff_of(request).has_perm("people.change_alarm"))
            if form.is_valid():
                _close(request, alarm, form.cleaned_data["reason"])
                return HttpResponseRedirect(reverse("admin:people_alarm_changelist"))
        context = {
            "alarm": alarm,
            "who": self.who(alarm),
            "form": form,
            "may_close": alarm.closed_at is None and _may_close(request, alarm),
            "stops": alarm.kind == Alarm.Kind.MANY_OPENED,
            "audit": f"{reverse('admin:people_auditentry_changelist')}?q={alarm.request}",
        }
        status = 400 if form.errors else 200
        return page(request, "admin/people/alarm.html", str(alarm), context, status=status)


class CloseForm(forms.Form):
    reason = forms.ChoiceField(choices=[("", "—"), *Alarm.Reason.choices])


def _may_close(request: HttpRequest, alarm: Alarm) -> bool:
    staff = staff_of(request)
    offices = rights.organisations(staff, "people.change_alarm")
    theirs = alarm.organisation_id in offices if alarm.organisation_id else bool(offices)
    return theirs and staff.pk != alarm.staff_id


def _close(request: HttpRequest, alarm: Alarm, reason: str) -> None:
    offices = rights.organisations(staff_of(request), "people.change_alarm")
    office = alarm.organisation_id or min(offices, default=0)
    by = fresh.actor_of(request, office)
    try:
        alarms.close(alarm, reason, by=by, now=timezone.now())
        messages.success(request, "Closed.")
    except approvals.NotYours:
        messages.error(request, "Whom an alarm is about cannot close it, nor can another office.")
    except alarms.ClosedAlready:
        messages.info(request, "Somebody else has closed it.")


def _mine(request: HttpRequest) -> frozenset[int]:
    return rights.organisations(staff_of(request), "people.view_auditentry")


def _staff_of(request: HttpRequest) -> QuerySet[Any, Any]:
    return Grant.objects.filter(organisation__in=_mine(request), staff__isnull=False).values("staff")


def sealed(tree: Tree) -> dict[str, Any]:
    """Return how far a log is sealed, for `people/sealed.html`."""
    head = sealing.last_head(tree)
    return {"head": head, "root": head.root.hex() if head else "", "unsealed": sealing.unsealed(tree)}


def _tree() -> dict[str, Any]:
    """Return how far the audit is sealed, shipped and verified."""
    unshipped, _ = shipping.lag()
    return {
        **sealed(AUDIT),
        "unshipped": unshipped,
        "shipped": AuditShipment.objects.exclude(shipped_at=None).order_by("-shipped_at").first(),
        "check": AuditCheck.objects.order_by("-pk").first(),
    }
