"""The usual way to screen: one Celery task a parcel, its objects from the ORM, its status by django-fsm-2.

As good as it gets: the connection is kept between tasks, and the rules are read once by each process.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from config.bench.models import OneParcel
from config.bench.queue import app
from exchanges.models import Round
from parcels import screening
from parcels.models import Finding, Line, Movement, Publication


class Rules(NamedTuple):
    terms_id: int
    version: int
    sending_id: int
    terms: screening.Terms


@app.task(name="bench.connect")
def connect() -> None:
    connection.ensure_connection()


@app.task(name="bench.screen_one")
def screen_one(parcel_id: int) -> None:
    with transaction.atomic():
        parcel = OneParcel.objects.select_for_update().get(pk=parcel_id)
        if parcel.status != "accepted":
            return
        rules = _rules(parcel.round_id)
        found = screening.screen(
            _items(parcel_id),
            rules.terms,
            gross_mass_g=parcel.gross_mass_g,
            place_in_quota=None,
            second_look=False,
        )
        move = screening.move_for(found)
        getattr(parcel, move)()
        parcel.last_number += 1
        parcel.status_since = timezone.now()
        parcel.overdue_since = None
        parcel.save()
        _record(parcel, move, found.findings, rules)


def _record(parcel: OneParcel, move: str, findings: Sequence[screening.Finding], rules: Rules) -> None:
    Movement.objects.create(
        parcel_id=parcel.pk,
        number=parcel.last_number,
        from_status="accepted",
        move=move,
        status=parcel.status,
        happened_at=parcel.status_since,
        recorded_at=parcel.status_since,
        organisation_id=rules.sending_id,
        actor="worker",
        details=_details(move, findings, rules.version),
    )
    Publication.objects.create(
        parcel_id=parcel.pk, number=parcel.last_number, public_from=parcel.status_since
    )
    Finding.objects.bulk_create(
        Finding(
            parcel_id=parcel.pk,
            at_number=parcel.last_number,
            line=finding.line,
            category=finding.category,
            verdict=finding.verdict,
            code=finding.code,
            rule_id=finding.rule,
            terms_id=rules.terms_id,
        )
        for finding in findings
    )


def _details(move: str, findings: Sequence[screening.Finding], version: int) -> dict[str, object]:
    details: dict[str, object] = {"rules_version": version}
    if move == "hold":
        details["findings"] = [finding.code for finding in findings]
    elif move == "refuse":
        details["reason"] = next(found.code for found in findings if found.verdict == "prohibit")
    return details


@cache
def _rules(round_id: int) -> Rules:
    round_ = Round.objects.select_related("terms").get(pk=round_id)
    terms = round_.terms
    rules = {
        rule.category: screening.Rule(
            rule.pk, rule.category, rule.verdict, rule.max_count, rule.max_mass_g, rule.reason_code
        )
        for rule in terms.rules.all()
    }
    limits = screening.Terms(
        rules, terms.mass_min_g, terms.mass_max_g, terms.quota_per_prisoner, terms.books_apart
    )
    return Rules(terms.pk, terms.version, round_.sending_id, limits)


def _items(parcel_id: int) -> list[screening.Item]:
    return [
        screening.Item(
            line.number,
            (line.category, *line.also),
            line.exact,
            line.quantity - line.removed,
            line.unit_mass_g or 0,
        )
        for line in Line.objects.filter(parcel_id=parcel_id).order_by("number")
    ]
