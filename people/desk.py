"""What every page of the admin has in common: nobody deletes, lists stay fast, the rest is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from people.acts import Act
from people.audit import record
from people.models import Staff

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline
    StackedInline = admin.StackedInline

# Counting more would cost more than it tells.
MOST_COUNTED: Final = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than it must, so that a long list opens as fast as a short one."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MOST_COUNTED].count()
        return len(rows)


class Asked(ChangeList):
    """No link repeats what was searched for: it may be a name, and addresses are kept by many."""

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        return super().get_query_string(new_params, [*(remove or ()), SEARCH_VAR])


class _Plain:
    """Choices without the stock buttons beside them that lead away from a form half filled in."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class Desk(_Plain, ModelAdmin):
    view_on_site = False
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    empty_value_display = ""

    def mine(self, request: HttpRequest) -> Q:
        """Return which rows this member of staff may see; all, unless a page narrows it."""
        return Q()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(self.mine(request))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what a filter asks: by any other column a page could be made to tell what it does not show."""
        return lookup in {getattr(each, "parameter_name", each) for each in self.list_filter}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Asked

    def get_preserved_filters(self, request: HttpRequest) -> str:
        return "" if SEARCH_VAR in request.GET else super().get_preserved_filters(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST" and SEARCH_VAR in request.POST:
            _ask(request)
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """:raises Http404: where the stock admin would lead back to its front page."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(staff_of(request), Act.ADD_RECORD, self.opts.model_name or "", obj.pk)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(staff_of(request), Act.CHANGE_RECORD, self.opts.model_name or "", obj.pk)
        return super().log_change(request, obj, message)


def _ask(request: HttpRequest) -> None:
    """Take what was searched for out of the form, as if it had stood in the address."""
    told = request.POST.copy()
    told.pop("csrfmiddlewaretoken", None)
    request.GET, request.method = told, "GET"  # type: ignore[assignment]


class ReadOnlyDesk(Desk):
    """A list to look at. The right to add or change is used by actions, not by the stock form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Inline(_Plain, TabularInline):
    extra = 0
    can_delete = False


class LongInline(_Plain, StackedInline):
    extra = 0
    can_delete = False


def staff_of(request: HttpRequest) -> Staff:
    """Return who is signed in; call it behind `admin_view` only."""
    if not isinstance(request.user, Staff):
        raise PermissionDenied
    return request.user


def audit(staff: Staff, act: str, subject_kind: str, subjects: Iterable[int], *, purpose: str = "") -> None:
    """Record a sensitive look or act, a row for each subject."""
    record(staff, act, subject_kind, subjects, purpose=purpose)


def require(allowed: bool) -> None:
    """:raises PermissionDenied: unless allowed."""
    if not allowed:
        raise PermissionDenied


def page(
    request: HttpRequest, template: str, title: str, context: Mapping[str, Any], *, status: int = 200
) -> TemplateResponse:
    """Answer with a page of ours inside the admin's frame."""
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "title": title, **context}, status=status
    )
