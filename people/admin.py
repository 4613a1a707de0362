"""Who may do what: parties, organisations, staff, systems and their rights, kept by managers."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.utils import timezone

from people import (
    alarms,
    approvals,
    audit_desk,
    endpoint_desk,
    giving,
    list_desk,
    match_desk,
    retention_desk,
    rights,
    staff_desk,
)
from people.desk import Desk, Inline, ReadOnlyDesk, audit, page, require, staff_of
from people.forms import ClientForm, GrantForm, RightsFormSet, StaffForm
from people.models import Alarm, Client, Grant, Organisation, Party, Role, Staff, new_reference
from people.signin import fresh, invitations, sessions

__all__ = ["audit_desk", "endpoint_desk", "list_desk", "match_desk", "retention_desk"]

# What other packages would show: tokens are nobody's to read, and rights are not groups.
_FOREIGN: Final[tuple[type[Model], ...]] = (
    Client,
    Group,
    *apps.get_app_config("oauth2_provider").get_models(),
)
for _model in _FOREIGN:
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

_PEOPLE_AN_HOUR: Final[int] = Client._meta.get_field("people_an_hour").default
_WAITS: Final = "A right to read people waits: an officer of the office confirms it before it counts."
_NAMES: Final = ("name_en", "name_ru", "name_uk")


def managed(request: HttpRequest) -> QuerySet[Organisation]:
    """Return the organisations this member may read rights of; one without a manager is any manager's."""
    mine = rights.organisations(staff_of(request), "people.view_grant")
    managers = Grant.objects.current().filter(organisation=OuterRef("pk"), role=Role.MANAGER)
    return Organisation.objects.filter(Q(pk__in=mine) | ~Exists(managers))


class _Guarded(Desk):
    """What decides who may do what is changed only by who gave a factor just now."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            fresh.require(request)
        return super().changeform_view(request, *args, **kwargs)


@admin.register(Party)
class PartyAdmin(_Guarded):
    list_display = ("code", "name_en")
    fields = ("code", *_NAMES)
    ordering = ("code",)


@admin.register(Organisation)
class OrganisationAdmin(_Guarded):
    list_display = ("code", "name_en", "party", "time_zone")
    list_select_related = ("party",)
    fields = ("code", "party", *_NAMES, "language", "time_zone", "contact_en", "contact_ru", "contact_uk")
    ordering = ("code",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or managed(request).filter(pk=obj.pk).exists()
        )


class GrantInline(Inline):
    model = Grant
    form = GrantForm
    formset = RightsFormSet
    fields = ("role", "organisation", "from_at", "until_at", "waits")
    readonly_fields = ("waits",)
    verbose_name_plural = "rights"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **kwargs, queryset=managed(request).order_by("code")
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(organisation__in=managed(request))
        return rows.select_related("organisation").order_by("-from_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody gives rights to themselves."""
        return super().has_add_permission(request, obj) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and obj != request.user


class _WithGrants(_Guarded):
    inlines = (GrantInline,)

    @admin.display(description="rights")
    def roles(self, row: Any) -> str:
        grants = sorted({(grant.organisation.code, grant.role) for grant in row.current_grants})
        return ", ".join(f"{role} ({organisation})" for organisation, role in grants)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        people = list(found.result_list)
        owner = "staff" if self.model is Staff else "client"
        grants: dict[int, list[Grant]] = {}
        current = Grant.objects.current().filter(**{f"{owner}__in": people}).select_related("organisation")
        for grant in current:
            grants.setdefault(getattr(grant, f"{owner}_id"), []).append(grant)
        for each in people:
            each.current_grants = grants.get(each.pk, [])
        found.result_list = people
        return found

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        changed = [*formset.new_objects, *(row for row, _ in formset.changed_objects)]
        audit(staff_of(request), "change_grant", "grant", [grant.pk for grant in changed])
        self._give(request, formset.new_objects)
        member = formset.instance
        if isinstance(member, Staff) and not member.grants.current().exists():
            sessions.end(member)

    def _give(self, request: HttpRequest, grants: list[Grant]) -> None:
        """Have a right to read people confirmed; where nobody is there to confirm it, others know at once."""
        now = timezone.now()
        waiting = [grant for grant in grants if giving.needs_second(grant, now)]
        for grant in waiting:
            giving.propose(grant, by=fresh.actor_of(request, grant.organisation_id), now=now)
        if waiting:
            messages.warning(request, _WAITS)
        if any(grant.role in rights.READ_PEOPLE for grant in grants if grant not in waiting):
            alarms.sound(Alarm.Kind.RIGHTS_GIVEN, staff_of(request))


def _serves_elsewhere(request: HttpRequest, member: Staff | None) -> bool:
    """An account that works for others too is not one office's to rename, close or let in anew."""
    if member is None:
        return False
    return member.grants.not_ended().exclude(organisation__in=managed(request)).exists()


@admin.register(Staff)
class StaffAdmin(_WithGrants):
    form = StaffForm
    list_display = ("username", "display_name", "is_active", "roles")
    fields = ("username", "display_name", "is_active")
    change_form_template = "admin/people/staff.html"
    search_fields = ("username", "display_name")
    ordering = ("username",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return StaffForm.Meta.fields if _serves_elsewhere(request, obj) else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_readonly_fields(request, obj) or super().get_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if _serves_elsewhere(request, obj):
            kwargs["form"] = ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def mine(self, request: HttpRequest) -> Q:
        """Those with a right, past or present, in an organisation they look after, and those with none."""
        theirs = Grant.objects.filter(staff=OuterRef("pk"))
        return Q(Exists(theirs.filter(organisation__in=managed(request)))) | ~Q(Exists(theirs))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.look_after)
        return [path("<int:pk>/look-after/", view, name="people_staff_look_after"), *super().get_urls()]

    def look_after(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Invite, invite again, or end sessions."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        member = self.get_object(request, str(pk))
        require(self.has_change_permission(request, member) and not _serves_elsewhere(request, member))
        return staff_desk.look_after(request, member)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        member = kwargs.get("obj")
        if member and self.has_change_permission(request, member) and not _serves_elsewhere(request, member):
            context["ways_in"] = staff_desk.shown(request, member)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            sessions.end(obj)

    def response_add(self, request: HttpRequest, obj: Staff, post_url_continue: Any = None) -> HttpResponse:
        """Show the link, this once: only its hash is kept."""
        token = invitations.issue(obj, by=staff_of(request), now=timezone.now())
        return staff_desk.show_link(request, obj, token)


@admin.register(Client)
class ClientAdmin(_WithGrants):
    form = ClientForm
    list_display = ("name", "organisation", "active", "roles")
    list_select_related = ("organisation",)
    fields = ("name", "organisation", "active", "people_an_hour", "client_id")
    readonly_fields = ("client_id",)
    ordering = ("name",)

    def mine(self, request: HttpRequest) -> Q:
        return Q(organisation__in=managed(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("client_id", "organisation") if obj else ("client_id",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "organisation":
            kwargs["queryset"] = managed(request).order_by("code")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if not change:
            # Saving hashes the field; this request alone keeps the word, for the page that shows it once.
            request.META["lifeline.secret"] = obj.client_secret = secrets.token_urlsafe(48)
            obj.client_id = new_reference()
            obj.client_type = Client.CLIENT_CONFIDENTIAL
            obj.authorization_grant_type = Client.GRANT_CLIENT_CREDENTIALS
        before = Client.objects.get(pk=obj.pk).people_an_hour if change else _PEOPLE_AN_HOUR
        asked, obj.people_an_hour = obj.people_an_hour, min(obj.people_an_hour, before)
        super().save_model(request, obj, form, change)
        audit(staff_of(request), "change_client" if change else "make_client", "client", [obj.pk])
        if asked > before:
            self._propose_more(request, obj, asked)

    def _propose_more(self, request: HttpRequest, obj: Client, people_an_hour: int) -> None:
        by, now = fresh.actor_of(request, obj.organisation_id), timezone.now()
        try:
            giving.propose_more(obj, people_an_hour, by=by, now=now)
            messages.warning(request, _WAITS)
        except approvals.NotOpen:
            messages.error(request, "Another number of people an hour waits to be confirmed already.")
        except approvals.NotYours:
            messages.error(request, "That it reads more people an hour is for a manager of its own office.")

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: Any = None) -> HttpResponse:
        """Show the secret, this once: only its hash is kept."""
        context = {"client": obj, "secret": request.META["lifeline.secret"]}
        return page(request, "admin/people/secret.html", f"The secret of {obj.name}", context)


class RoleFilter(admin.SimpleListFilter):
    title, parameter_name = "role", "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Role.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(role=self.value()) if self.value() else queryset


@admin.register(Grant)
class GrantAdmin(ReadOnlyDesk):
    """All rights in one list; they are given and ended where the person or the system stands."""

    list_display = ("who", "role", "organisation", "from_at", "until_at", "waits")
    list_display_links = None
    list_filter = (RoleFilter,)
    list_select_related = ("staff", "client", "organisation")
    ordering = ("-from_at",)
    sortable_by = ("from_at", "until_at")

    def mine(self, request: HttpRequest) -> Q:
        return Q(organisation__in=managed(request))

    @admin.display(description="who")
    def who(self, grant: Grant) -> str:
        return grant.who
