"""Lists of prisoners: kept as they came, corrected, put beside one another. An office sees its own copies."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from people import approvals, lists, rights
from people.actors import Actor
from people.desk import BoundedPaginator, ReadOnlyDesk, audit, page, require, staff_of
from people.lists.exporting import SUBJECT
from people.models import (
    Approval,
    ComparedRow,
    ListComparison,
    ListEntry,
    Organisation,
    PrisonerList,
)
from people.resemblance import WORDS, speaks_for
from people.signin import fresh

_PAGE: Final = 50
_MOST_UPLOADED: Final = 8 * 1024 * 1024
Kind = ComparedRow.Kind
_TONES: Final = {Kind.BOTH: "done", Kind.UNCERTAIN: "look", Kind.ONLY_OURS: "way", Kind.ONLY_THEIRS: "back"}


def offices_of(request: HttpRequest, action: str = "view") -> frozenset[int]:
    return rights.organisations(staff_of(request), f"people.{action}_prisonerlist")


def acting(request: HttpRequest, office: int) -> Actor:
    """:raises PermissionDenied: without a right to keep lists in this office"""
    require(office in offices_of(request, "add"))
    staff = staff_of(request)
    return Actor(
        "staff", office, rights.roles_in(staff, office), staff_id=staff.pk, fresh=fresh.is_fresh(request)
    )


class ListForm(forms.Form):
    """What is told of a list as it is kept; the file itself is read once and not stored."""

    office = forms.ModelChoiceField(label="Kept by", queryset=Organisation.objects.none(), empty_label=None)
    stated_by = forms.ModelChoiceField(
        label="Stated by", queryset=Organisation.objects.order_by("name_en"), empty_label="—"
    )
    title = forms.CharField(max_length=120, help_text="What it is, without names.")
    stated_on = forms.DateField(
        label="The list's date",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="As it says itself.",
    )
    replaces = forms.ModelChoiceField(
        label="Corrects",
        queryset=PrisonerList.objects.none(),
        required=False,
        empty_label="— nothing: it is a new list",
        help_text="The older one stays; what it was compared with is compared anew.",
    )
    file = forms.FileField(
        label="File",
        help_text="CSV in UTF-8 or XLSX. The first row heads the columns: name (or surname, given name,"
        " patronymic), birth date, service number; ФИО, дата рождения, ПІБ, дата народження do too.",
    )

    def __init__(self, *args: Any, offices: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = Organisation.objects.filter(pk__in=offices).order_by("name_en")  # type: ignore[attr-defined]
        open_ = PrisonerList.objects.filter(office__in=offices, replaced_by=None)
        self.fields["replaces"].queryset = open_.order_by("-pk")  # type: ignore[attr-defined]

    def clean_stated_on(self) -> Any:
        on = self.cleaned_data["stated_on"]
        if on > timezone.localdate():
            raise forms.ValidationError("This day has not come yet.")
        return on

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        replaces, office = told.get("replaces"), told.get("office")
        if replaces and office and replaces.office_id != office.pk:
            self.add_error("replaces", "That list is kept by another office.")
        if not self.errors and "file" in told:
            self._read(told["file"])
        return told

    def _read(self, uploaded: UploadedFile[Any]) -> None:
        try:
            self.entries = _entries(uploaded)
        except lists.Faulty as why:
            self.add_error("file", str(why))


def _entries(uploaded: UploadedFile[Any]) -> list[lists.Entry]:
    """:raises lists.Faulty: when it is no list"""
    if (uploaded.size or 0) > _MOST_UPLOADED:
        raise lists.Faulty("The file is larger than 8 MiB.")
    suffix = Path(uploaded.name or "").suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise lists.Faulty("The file must be CSV or XLSX, and named so.")
    with tempfile.NamedTemporaryFile(suffix=suffix) as kept:
        for block in uploaded.chunks():
            kept.write(block)
        kept.flush()
        entries = lists.read_entries(Path(kept.name))
    if len(entries) > lists.MOST_ENTRIES:
        raise lists.Faulty(f"The list has more than {lists.MOST_ENTRIES:,} rows.")
    return entries


class CompareForm(forms.Form):
    theirs = forms.ModelChoiceField(
        label="Compare with", queryset=PrisonerList.objects.none(), empty_label="—"
    )

    def __init__(self, *args: Any, beside: PrisonerList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = PrisonerList.objects.filter(office=beside.office_id, replaced_by=None).exclude(pk=beside.pk)
        self.fields["theirs"].queryset = others.select_related("stated_by").order_by("-pk")  # type: ignore[attr-defined]


@admin.register(PrisonerList)
class PrisonerListAdmin(ReadOnlyDesk):
    list_display = ("title", "stated_by", "stated_on", "entries_kept", "state", "recorded_at")
    list_select_related = ("stated_by", "replaced_by")
    sortable_by = ("stated_on", "recorded_at")
    ordering = ("-pk",)
    change_list_template = "admin/people/lists.html"

    def mine(self, request: HttpRequest) -> Q:
        return Q(office__in=offices_of(request))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(kept=Count("entries"))

    @admin.display(description="people")
    def entries_kept(self, list_: Any) -> int:
        return int(list_.kept)

    @admin.display(description="state")
    def state(self, list_: PrisonerList) -> str:
        return "corrected by a newer one" if hasattr(list_, "replaced_by") else "newest"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        made = ListComparison.objects.filter(office__in=offices_of(request))
        context = {
            "title": "Lists",
            "comparisons": made.select_related("ours", "theirs").order_by("-pk")[:20],
            "may_keep": bool(offices_of(request, "add")),
        }
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"people_{name}")

        return [
            at("keep/", keep, "list_keep"),
            at("<int:pk>/compare/", compare, "list_compare"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        return _show_list(request, self.get_object(request, object_id))


def _show_list(request: HttpRequest, list_: PrisonerList, form: CompareForm | None = None) -> HttpResponse:
    audit(staff_of(request), "open_list", "list", [list_.pk])
    found = BoundedPaginator(list_.entries.order_by("number"), _PAGE).get_page(request.GET.get("page"))
    made = ListComparison.objects.filter(Q(ours=list_) | Q(theirs=list_))
    rows: QuerySet[ListEntry] = ListEntry.objects.filter(pk__in=[each.pk for each in found.object_list])
    context = {
        "list": list_,
        "page": found,
        "entries": lists.open_entries(rows.order_by("number")),
        "replaced_by": PrisonerList.objects.filter(replaces=list_).first(),
        "comparisons": made.select_related("ours", "theirs").order_by("-pk"),
        "form": form or CompareForm(beside=list_),
    }
    return page(
        request, "admin/people/list.html", str(list_), context, status=400 if form and form.errors else 200
    )


def keep(request: HttpRequest) -> HttpResponse:
    """Take in a list from a file: all of it, or nothing and what is wrong with it."""
    offices = offices_of(request, "add")
    require(bool(offices))
    if request.method == "POST":
        form = ListForm(request.POST, request.FILES, offices=offices)
        if form.is_valid() and (made := _keep(request, form)):
            return HttpResponseRedirect(reverse("admin:people_prisonerlist_change", args=[made.pk]))
    else:
        form = ListForm(offices=offices)
    status = 400 if form.errors else 200
    return page(request, "admin/people/list_keep.html", "Take in a list", {"form": form}, status=status)


def _keep(request: HttpRequest, form: ListForm) -> PrisonerList | None:
    told = form.cleaned_data
    try:
        made = lists.keep_list(
            form.entries,
            title=told["title"],
            stated_on=told["stated_on"],
            stated_by=told["stated_by"],
            by=acting(request, told["office"].pk),
            now=timezone.now(),
            replaces=told["replaces"],
        )
    except lists.NotComparable as why:
        form.add_error("replaces", str(why))
        return None
    messages.success(request, f"Kept: {len(form.entries):,} people.")
    unread = sum(bool(entry.note) for entry in form.entries)
    if unread:
        messages.warning(
            request, f"{unread:,} dates of birth could not be read: they are kept as they stand."
        )
    return made


def compare(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    list_ = PrisonerList.objects.filter(office__in=offices_of(request), pk=pk).first()
    if list_ is None:
        raise Http404
    form = CompareForm(request.POST, beside=list_)
    if form.is_valid():
        by = acting(request, list_.office_id)
        try:
            made = lists.compare_lists(list_, form.cleaned_data["theirs"], by=by, now=timezone.now())
        except lists.NotComparable as why:
            form.add_error("theirs", str(why))
        else:
            return HttpResponseRedirect(_url(made))
    return _show_list(request, list_, form)


def _url(comparison: ListComparison) -> str:
    return reverse("admin:people_listcomparison_change", args=[comparison.pk])


class Bar(NamedTuple):
    """One of the four groups as a part of the picture, 1,000 wide."""

    kind: str
    label: str
    rows: int
    x: float
    width: float
    tone: str


@admin.register(ListComparison)
class ListComparisonAdmin(ReadOnlyDesk):
    """Reached from the lists; it has no list of its own in the menu."""

    list_display = ("__str__", "made_at", "made_by")
    list_select_related = ("ours", "theirs", "made_by")
    ordering = ("-pk",)
    sortable_by = ()

    def mine(self, request: HttpRequest) -> Q:
        offices = rights.organisations(staff_of(request), "people.view_listcomparison")
        return Q(office__in=offices)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("<int:pk>/export/", view, name="people_comparison_export"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        comparison: ListComparison = self.get_object(request, object_id)
        audit(staff_of(request), "open_comparison", "comparison", [comparison.pk])
        chosen = request.GET.get("kind", "")
        reason = request.GET.get("reason", "")
        rows = ComparedRow.objects.filter(comparison=comparison).order_by("pk")
        counts = dict(rows.order_by().values_list("kind").annotate(Count("pk")))
        shown = rows.filter(kind=chosen) if chosen in Kind.values else rows
        shown = shown.filter(reasons__contains=[reason]) if reason in WORDS else shown
        found = BoundedPaginator(shown, _PAGE).get_page(request.GET.get("page"))
        export = _export_state(request, comparison)
        context = {
            "comparison": comparison,
            "bars": _bars(counts),
            "total": sum(counts.values()),
            "page": found,
            "rows": _opened(list(found.object_list)),
            "kind": chosen,
            "reason": reason,
            "reasons": [(code, words) for code, words in WORDS.items() if not speaks_for(code)],
            "from_records": comparison.ours.entries.exclude(person=None).exists(),
            **export,
        }
        return page(request, "admin/people/comparison.html", "Two lists compared", context)

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose an export, or fetch the one that two officers allowed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        comparison: ListComparison = self.get_object(request, str(pk))
        staff = staff_of(request)
        require(comparison.office_id in rights.organisations(staff, "people.export_listcomparison"))
        fresh.require(request)
        if allowed := lists.usable_export(comparison):
            return _exported(comparison, allowed, staff.pk)
        by = fresh.actor_of(request, comparison.office_id)
        try:
            lists.propose_export(comparison, by=by, now=timezone.now())
            messages.success(request, "Proposed. Another officer confirms it; then it can be fetched once.")
        except approvals.NotOpen:
            messages.info(request, "This is proposed already and waits for a second officer.")
        return HttpResponseRedirect(_url(comparison))


def _exported(comparison: ListComparison, allowed: Approval, staff_id: int) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="comparison-{comparison.pk}.csv"'
    answer["Cache-Control"] = "no-store"
    text = io.StringIO()
    with transaction.atomic():
        lists.export(comparison, text, approval=allowed.pk, staff_id=staff_id, now=timezone.now())
    answer.write("\ufeff" + text.getvalue())
    return answer


def _export_state(request: HttpRequest, comparison: ListComparison) -> dict[str, bool]:
    may = comparison.office_id in rights.organisations(staff_of(request), "people.export_listcomparison")
    waits = Approval.objects.filter(
        subject_kind=SUBJECT, subject=comparison.pk, act=lists.EXPORT, decision=None
    )
    return {
        "may_export": may,
        "export_allowed": may and lists.usable_export(comparison) is not None,
        "export_waits": may and waits.exists(),
    }


def _bars(counts: dict[str, int]) -> list[Bar]:
    total, x, bars = sum(counts.values()) or 1, 0.0, []
    for kind in (Kind.BOTH, Kind.UNCERTAIN, Kind.ONLY_OURS, Kind.ONLY_THEIRS):
        width = 1000 * counts.get(kind, 0) / total
        bars.append(Bar(kind.value, str(kind.label), counts.get(kind, 0), x, width, _TONES[kind]))
        x += width
    return bars


class Row(NamedTuple):
    row: ComparedRow
    tone: str
    ours: Any
    theirs: Any
    reasons: list[str]


def _opened(rows: list[ComparedRow]) -> list[Row]:
    ends = {end for row in rows for end in (row.ours_id, row.theirs_id) if end}
    opened = {each.id: each for each in lists.open_entries(ListEntry.objects.filter(pk__in=ends))}
    return [
        Row(
            row,
            _TONES[Kind(row.kind)],
            opened.get(row.ours_id or 0),
            opened.get(row.theirs_id or 0),
            [WORDS[code] for code in row.reasons if row.kind == Kind.UNCERTAIN or not speaks_for(code)],
        )
        for row in rows
    ]
