"""The ledger of an agreement, and its frozen snapshots: shown, downloaded, checked and compared."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from exchanges import access
from exchanges.models import Agreement
from parcels.admin import ledger_picture
from parcels.admin.reading import Reader, reader_of
from parcels.ledger import ledger_of, snapshots
from parcels.models import LedgerSnapshot
from people.desk import ReadOnlyDesk, audit, page, require
from people.models import Organisation
from people.signin import fresh
from people.spreadsheets import Sheet

_GREATEST_FILE: Final = 4 * 1024 * 1024


class FreezeForm(forms.Form):
    meets_on = forms.DateField(
        label="Day of the meeting", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class FileForm(forms.Form):
    file = forms.FileField(label="File", help_text="A snapshot as it was downloaded, JSON.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _GREATEST_FILE:
            raise forms.ValidationError("A snapshot is never as large as this file.")
        return file


@admin.register(LedgerSnapshot)
class LedgerSnapshotAdmin(ReadOnlyDesk):
    list_display = ("made_at", "agreement", "meets_on", "made_by", "short")
    list_select_related = ("agreement", "made_by")
    ordering = ("-pk",)
    sortable_by = ()
    change_list_template = "admin/parcels/ledgers.html"

    def mine(self, request: HttpRequest) -> Q:
        """A snapshot shows what one organisation saw: it stays with that one."""
        return Q(organisation=reader_of(request).organisation)

    @admin.display(description="SHA-256")
    def short(self, snapshot: LedgerSnapshot) -> str:
        return f"{snapshot.sha256[:16]}…"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        agreements = access.agreements(reader_of(request).actor).order_by("-valid_from", "-pk")
        return super().changelist_view(request, {"title": "Ledgers", "agreements": agreements})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        snapshot = self.get_object(request, object_id)
        told = json.loads(snapshot.text)
        others = LedgerSnapshot.objects.filter(self.mine(request), agreement=snapshot.agreement_id)
        context = {
            "snapshot": snapshot,
            "is_sound": snapshots.is_sound(snapshot),
            "others": others.exclude(pk=snapshot.pk).order_by("-pk"),
            **_shown(told),
        }
        return page(request, "admin/parcels/snapshot.html", f"Snapshot: {snapshot}", context)

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"parcels_{name}")

        return [
            at("agreement/<int:agreement_id>/", show, "ledger"),
            at("check/", self.check_view, "snapshot_check"),
            at("compare/", self.compare_view, "snapshot_compare"),
            at("<int:pk>/json/", self.json_view, "snapshot_json"),
            at("<int:pk>/csv/", self.csv_view, "snapshot_csv"),
            *super().get_urls(),
        ]

    def json_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the very bytes that were hashed."""
        snapshot = self._taken(request, pk)
        return _download(snapshot, "json", "application/json", snapshot.text)

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        snapshot = self._taken(request, pk)
        out = io.StringIO()
        Sheet(out, snapshots.COLUMNS).add_all(snapshots.lines(json.loads(snapshot.text)))
        return _download(snapshot, "csv", "text/csv; charset=utf-8", out.getvalue())

    def _taken(self, request: HttpRequest, pk: int) -> LedgerSnapshot:
        require(self.has_view_permission(request))
        snapshot: LedgerSnapshot = self.get_object(request, str(pk))
        fresh.require(request)
        audit(reader_of(request).staff, "download_ledger", "ledgersnapshot", [pk])
        return snapshot

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Compute a file's hash, and say whether it is one of the snapshots kept here."""
        require(self.has_view_permission(request))
        sent = request.method == "POST"
        form = FileForm(request.POST, request.FILES) if sent else FileForm()
        context: dict[str, Any] = {"form": form}
        if sent and form.is_valid():
            digest = hashlib.sha256(form.cleaned_data["file"].read()).hexdigest()
            known = LedgerSnapshot.objects.filter(self.mine(request), sha256=digest)
            context |= {"digest": digest, "found": known.select_related("agreement").first()}
        return page(
            request, "admin/parcels/snapshot_check.html", "Check a snapshot's file", context,
            status=400 if form.errors else 200,
        )  # fmt: skip

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        require(self.has_view_permission(request))
        one, other = (self.get_object(request, request.GET.get(name, "")) for name in ("a", "b"))
        if one.agreement_id != other.agreement_id:
            raise Http404
        before, after = sorted((one, other), key=lambda each: each.pk)
        context = {
            "before": before,
            "after": after,
            "changes": snapshots.compared(json.loads(before.text), json.loads(after.text)),
        }
        return page(request, "admin/parcels/snapshot_compare.html", "Two snapshots compared", context)


def show(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Show an agreement's ledger as it is now; posted, freeze it."""
    reader = reader_of(request)
    require(reader.may("parcels.view_ledgersnapshot"))
    agreement = access.agreements(reader.actor).filter(pk=agreement_id).first()
    if agreement is None:
        raise Http404
    form = FreezeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _freeze(request, reader, agreement, form)
    ledger = ledger_of(agreement, actor=reader.actor, now=timezone.now())
    told = snapshots.document(ledger, meets_on=None)
    kept = LedgerSnapshot.objects.filter(agreement=agreement, organisation=reader.organisation)
    context = {
        "agreement": agreement,
        "form": form,
        "may_freeze": reader.may("parcels.add_ledgersnapshot"),
        "kept": kept.select_related("made_by").order_by("-pk")[:20],
        **_shown(told),
    }
    return page(
        request, "admin/parcels/ledger.html", f"Ledger: {agreement}", context,
        status=400 if form.errors else 200,
    )  # fmt: skip


def _freeze(request: HttpRequest, reader: Reader, agreement: Agreement, form: FreezeForm) -> HttpResponse:
    require(reader.may("parcels.add_ledgersnapshot"))
    ledger = ledger_of(agreement, actor=reader.actor, now=timezone.now())
    snapshot = snapshots.freeze(ledger, meets_on=form.cleaned_data["meets_on"])
    audit(reader.staff, "freeze_ledger", "ledgersnapshot", [snapshot.pk])
    messages.success(request, f"Frozen. Its SHA-256 is {snapshot.sha256}.")
    return HttpResponseRedirect(reverse("admin:parcels_ledgersnapshot_change", args=[snapshot.pk]))


def _shown(told: snapshots.Document) -> dict[str, Any]:
    names = _names()
    return {
        "rows": [
            {"label": row["label"], "counts": [{**each, **_named(each, names)} for each in row["counts"]]}
            for row in told["rows"]
        ],
        "balances": [{**each, "more": each["left"] - each["mirror_left"]} for each in told["balances"]],
        "obligations": [
            {**each, "by": names.get(each["owed_by"], each["owed_by"])} for each in told["obligations"]
        ],
        "picture": ledger_picture.picture(told, names),
    }


def _named(count: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    way = (
        f"{names.get(count['sending'], count['sending'])} to {names.get(count['holding'], count['holding'])}"
    )
    return {"way": way, "by": names.get(count["source"], count["source"])}


def _names() -> dict[str, str]:
    return dict(Organisation.objects.values_list("code", "name_en"))


def _download(snapshot: LedgerSnapshot, ending: str, kind: str, text: str) -> HttpResponse:
    name = f"ledger-{snapshot.agreement.reference}-{snapshot.made_at:%Y%m%dT%H%M%SZ}.{ending}"
    return HttpResponse(
        text.encode(), content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
