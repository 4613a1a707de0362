"""The rounds of one's organisations over time: as a picture and as a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exchanges import timeline
from exchanges.desk import badge
from exchanges.models import Round
from exchanges.queries import is_to_close, of_organisations
from people import rights
from people.desk import page, require, staff_of

_MOST: Final = 60
_ROW, _HEAD = 34, 26
# What a status of a round says when it is reached; the rest goes without saying.
_MILESTONES: Final = {
    "agreed": "agreed",
    "lists_exchanged": "lists exchanged",
    "collecting": "collecting",
    "closed": "closed",
    "handed_over": "handed over",
    "reported": "reported",
    "postponed": "postponed",
    "cancelled": "cancelled",
}


def calendar(request: HttpRequest) -> HttpResponse:
    mine = rights.organisations(staff_of(request), "exchanges.view_round")
    require(bool(mine))
    newest = Round.objects.filter(of_organisations(mine)).order_by("-opens_on", "-pk")
    rounds = list(newest.select_related("sending", "holding", "mirror", "mirrored_by")[:_MOST])
    today = timezone.localdate()
    late = set(
        Round.objects.filter(is_to_close(today), pk__in=[each.pk for each in rounds]).values_list(
            "pk", flat=True
        )
    )
    reached = _reached(rounds)
    rows = [
        {
            "round": each,
            "badge": badge(each),
            "mirror": each.mirror or getattr(each, "mirrored_by", None),
            "late": each.pk in late,
            "milestones": reached.get(each.pk, []),
        }
        for each in rounds
    ]
    context = {"rows": rows, "picture": _picture(rows, today) if rows else None, "more": len(rounds) == _MOST}
    return page(request, "admin/exchanges/calendar.html", "Calendar of rounds", context)


def _reached(rounds: Iterable[Round]) -> dict[int, list[tuple[str, date]]]:
    """Return what each round reached and when, oldest first, from the history of its row."""
    history = (
        apps.get_model("exchanges", "RoundEvent")
        .objects.filter(pgh_obj__in=[each.pk for each in rounds])
        .order_by("pgh_obj", "pgh_id")
        .values_list("pgh_obj", "status", "pgh_created_at")
    )
    reached: dict[int, list[tuple[str, date]]] = {}
    before: tuple[int, str] | None = None
    for round_id, status, at in history:
        if (round_id, status) != before and status in _MILESTONES:
            reached.setdefault(round_id, []).append((_MILESTONES[status], timezone.localtime(at).date()))
        before = round_id, status
    return reached


def _picture(rows: list[dict[str, Any]], today: date) -> dict[str, Any]:
    days = [today]
    for row in rows:
        days += [row["round"].opens_on, row["round"].closes_on, *(on for _, on in row["milestones"])]
    scale = timeline.scale(days)
    return {
        "width": timeline.WIDTH,
        "height": _HEAD + _ROW * len(rows) + 6,
        "months": scale.months,
        "today": scale.x(today),
        "rows": [
            {
                "reference": row["round"].reference,
                "status": row["round"].status,
                "late": row["late"],
                "text_y": _HEAD + _ROW * place + 11,
                "bar_y": _HEAD + _ROW * place + 15,
                "dot_y": _HEAD + _ROW * place + 21,
                "bar": scale.bar(row["round"].opens_on, row["round"].closes_on),
                "dots": [(scale.x(on), what, on) for what, on in row["milestones"]],
            }
            for place, row in enumerate(rows)
        ],
    }
