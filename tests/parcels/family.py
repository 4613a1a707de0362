"""A round of made-up parcels whose movements are public since given days: what Olha, at home, may read.

Rows are written as `advance` leaves them; the database's own check holds for them as for any.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from parcels import codes
from parcels.lifecycle import Status
from parcels.models import (
    Consignment,
    ConsignmentNews,
    Finding,
    Line,
    LineDecision,
    Movement,
    Parcel,
    Publication,
)
from people.models import Approval, Organisation, Party, Person, Staff

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAYS = {"cleared": (2, 6, 20), "packed": (1, 4, 20), "dispatched": (3, 10, 30), "received": (14, 30, 60)}


@dataclass(frozen=True)
class Step:
    """One movement, public `days_ago` days before noon (negative: later), or never."""

    move: str
    status: str
    days_ago: int | None
    details: dict[str, Any] = field(default_factory=dict)
    corrects: int | None = None


REGISTERED = Step("register", "registered", 30)
ACCEPTED = Step("accept", "accepted", 28)
HELD = Step("hold", "in_review", 27)
CLEARED = Step("clear", "cleared", 25)
PACKED = Step("pack", "packed", 24)
DISPATCHED = Step("dispatch", "dispatched", 15)
HANDED_OVER = Step("hand_over", "handed_over", 8)
RECEIVED = Step("receive", "received", 4, {"evidence": "holding_list", "complete": "unknown"})
CONFIRMED = Step("confirm", "confirmed", 1, {"evidence": "own_reply", "complete": "yes"})
WAY = (REGISTERED, ACCEPTED, CLEARED, PACKED, DISPATCHED, HANDED_OVER, RECEIVED, CONFIRMED)

# A way into each of the family's words.
INTO = {
    "registered": WAY[:1],
    "taken_in": WAY[:2],
    "being_checked": (*WAY[:2], HELD),
    "needs_attention": (*WAY[:2], Step("refuse", "refused", 3, {"reason": "NO_BATTERIES"})),
    "checked": WAY[:4],
    "on_the_way": WAY[:5],
    "with_holding_side": WAY[:6],
    "receipt_reported": WAY[:7],
    "received": WAY,
    "not_delivered": (*WAY[:6], Step("fail", "undeliverable", 2)),
    "coming_back": (*WAY[:5], Step("bring_back", "returning", 2)),
    "returned": (*WAY[:5], Step("bring_back", "returning", 2), Step("return", "returned", 0)),
    "closed": (*WAY[:5], Step("report_missing", "missing", 5), Step("write_off", "lost", 1)),
    "being_traced": (*WAY[:5], Step("report_missing", "missing", 5)),
    "cancelled": (*WAY[:1], Step("cancel", "cancelled", 3)),
}


def make_round(*, status: str = "collecting", time_zone: str = "UTC") -> Round:
    sides = [
        Organisation.objects.create(
            code=f"office-{side}",
            party=Party.objects.create(code=side, name_ru=side, name_uk=side, name_en=side),
            name_ru="Служба омбудсмена Альдмарка",
            name_uk="Служба омбудсмана Альдмарку",
            name_en="Office of the Ombudsman of Aldmark",
            time_zone=time_zone,
            contact_ru="Телефон 555 01 02, каждый день с 8 до 20",
            contact_uk="Телефон 555 01 02, щодня з 8 до 20",
            contact_en="Phone 555 01 02, every day from 8 to 20",
        )
        for side in ("sending", "holding")
    ]
    agreement = Agreement.objects.create(
        title_ru="Договорённость", title_uk="Домовленість", title_en="Agreement", valid_from=date(2026, 1, 1)
    )
    terms = Terms.objects.create(agreement=agreement, version=1)
    for stay, (low, high, longest) in STAYS.items():
        Stay.objects.create(
            terms=terms, status=stay, usual_low_days=low, usual_high_days=high, longest_days=longest
        )
    return Round.objects.create(
        reference="DEC-1",
        agreement=agreement,
        terms=terms,
        sending=sides[0],
        holding=sides[1],
        status=status,
        target=10,
        opens_on=date(2026, 10, 1),
        closes_on=date(2026, 11, 30),
        collection_point="Counter 1",
        sealed_key=b"",
    )


def make_rule(round_: Round) -> ContentRule:
    return ContentRule.objects.create(
        terms=round_.terms,
        category="BATTERIES",
        name_ru="Батарейки",
        name_uk="Батарейки",
        name_en="Batteries",
        verdict="prohibit",
        reason_code="NO_BATTERIES",
        internal_reason="Fire",
        family_reason_ru="Батарейки нельзя перевозить. Выньте их, пожалуйста.",
        family_reason_uk="Батарейки не можна перевозити. Вийміть їх, будь ласка.",
        family_reason_en="Batteries cannot be carried. Please take them out.",
    )


def make_parcel(
    round_: Round,
    steps: tuple[Step, ...] = WAY[:1],
    *,
    seed: bytes = b"a seed of olha's",
    at: datetime = NOON,
) -> tuple[Parcel, str]:
    """Return the parcel with these movements and its receipt code."""
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), seed)
    people = [
        Person.objects.create(kind=kind, organisation=round_.sending)
        for kind in (Person.Kind.SENDER, Person.Kind.PRISONER)
    ]
    with transaction.atomic():
        parcel = Parcel.objects.create(
            number=codes.new_number(),
            round=round_,
            organisation=round_.sending,
            sender=people[0],
            recipient=people[1],
            content_hash=b"",
            status=steps[-1].status,
            last_number=len(steps),
            status_since=at,
            seed=seed,
            code_hash=codes.lookup_hash(bytes.fromhex(settings.KEYS.lookup), code),
        )
        _write(parcel, steps, at)
    return parcel, code


def _write(parcel: Parcel, steps: tuple[Step, ...], at: datetime) -> None:
    before: str | None = None
    for number, step in enumerate(steps, start=1):
        then = at - timedelta(days=step.days_ago or 0)
        Movement.objects.create(
            parcel=parcel,
            number=number,
            from_status=before,
            move=step.move,
            status=Status(step.status),
            happened_at=then,
            recorded_at=then,
            organisation=parcel.organisation,
            actor="worker",
            corrects=step.corrects,
            details=step.details,
        )
        if step.days_ago is not None:
            Publication.objects.create(parcel=parcel, number=number, public_from=then)
        before = step.status


def make_finding(
    parcel: Parcel, rule: ContentRule | None, *, code: str, verdict: str, at_number: int
) -> None:
    Finding.objects.create(
        parcel=parcel,
        at_number=at_number,
        line=1,
        verdict=verdict,
        code=code,
        rule=rule,
        terms=parcel.round.terms,
    )


def make_decision(parcel: Parcel, rule: ContentRule, *, verdict: str, line: int, removed: int = 0) -> None:
    bruno, _ = Staff.objects.get_or_create(username="bruno")
    approval = Approval.objects.create(
        subject_kind="parcel",
        subject=parcel.pk,
        act=f"review {line} {verdict}",
        organisation=parcel.organisation,
        proposed_by=bruno,
    )
    its_line, _ = Line.objects.get_or_create(
        parcel=parcel,
        number=line,
        defaults={
            "sealed_description": b"",
            "category": rule.category,
            "exact": True,
            "quantity": 1,
            "removed": removed,
        },
    )
    LineDecision.objects.create(line=its_line, rule=rule, verdict=verdict, approval=approval)


def make_consignment(round_: Round, *, status: str = "open", news: datetime | None = None) -> Consignment:
    consignment = Consignment.objects.create(
        number=f"C{round_.consignments.count() + 1}",
        round=round_,
        organisation=round_.sending,
        status=status,
        seal="" if status == "open" else "S1",
    )
    if news:
        ConsignmentNews.objects.create(consignment=consignment, move="dispatch", public_from=news)
    return consignment
