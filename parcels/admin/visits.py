"""What a visit's report said of parcels: which numbers are followed, and which cannot be placed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from exchanges import access
from exchanges.models import ReportedParcel
from parcels.admin.reading import reader_of
from parcels.visits import strays
from people.desk import audit, page, require, staff_of
from people.queries import names_of


def told(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Show each number as it was told; of a stray nothing more is learnt."""
    reader = reader_of(request)
    require(reader.may("exchanges.view_visit"))
    visit = access.visits(reader.actor).filter(pk=visit_id).first()
    if visit is None or not access.visit_sight(reader.actor, visit).word:
        raise Http404
    audit(staff_of(request), "open_visit_report", "visit", [visit.pk])
    lines = list(
        ReportedParcel.objects.filter(reported__report__visit=visit)
        .select_related("reported__report")
        .order_by("pk")
    )
    names, astray = names_of(each.reported.person_id for each in lines), strays(visit.pk)
    rows = [(each, names.get(each.reported.person_id, "erased"), each.pk in astray) for each in lines]
    context = {"visit": visit, "rows": sorted(rows, key=lambda row: not row[2]), "strays": len(astray)}
    return page(request, "admin/parcels/visit.html", f"Parcels of visit {visit.reference}", context)
