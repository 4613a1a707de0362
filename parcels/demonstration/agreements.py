"""The agreement before the one in force, with a round that is reported, and the draft of the one after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from exchanges.actions import (
    change_agreement,
    change_round,
    draft_terms,
    first_terms,
    make_round,
    propose_terms,
)
from exchanges.models import Agreement, Round
from parcels.demonstration.offices import EARLIER, HOLDING, ROUND, SENDING, actor, office
from people import approvals

_SIGNED: Final = timedelta(days=420)
_LASTED_UNTIL: Final = timedelta(days=121)
_STARTS: Final = timedelta(days=75)
_LASTS: Final = timedelta(days=365)
_WAY: Final = (
    Round.Status.AGREED,
    Round.Status.LISTS_EXCHANGED,
    Round.Status.COLLECTING,
    Round.Status.CLOSED,
    Round.Status.HANDED_OVER,
    Round.Status.REPORTED,
)


def make(now: datetime) -> None:
    in_force = Agreement.objects.get(rounds__reference=ROUND)
    _before(in_force, now)
    _after(in_force, now)


def are_there() -> bool:
    return Round.objects.filter(reference=EARLIER).exists()


def _before(in_force: Agreement, now: datetime) -> None:
    liaison, coordinator, then = actor("gita"), actor("ivo"), now - _SIGNED
    agreement = Agreement.objects.create(
        title_ru="Первое соглашение о посылках между омбудсманами Альдмарка и Вестрии",
        title_uk="Перша угода про посилки між омбудсманами Альдмарку та Вестрії",
        title_en="First agreement on parcels between the ombudsmen of Aldmark and Vestria",
        signed_on=then.date(),
        valid_from=then.date(),
        valid_until=(now - _LASTED_UNTIL).date(),
    )
    agreement.signatories.set([office(SENDING), office(HOLDING)])
    terms = draft_terms(agreement, mass_min_g=2_000, mass_max_g=8_000, second_look_share="0.05")
    change_agreement(agreement, Agreement.Status.SIGNED, by=liaison, now=then)
    proposal = propose_terms(terms, by=liaison, now=then)
    approvals.confirm(proposal.pk, by=actor("stefan"), now=then)
    change_agreement(agreement, Agreement.Status.IN_FORCE, by=coordinator, now=then)
    terms.refresh_from_db()
    opened = (now - timedelta(days=190)).date()
    round_ = make_round(
        reference=EARLIER,
        agreement=agreement,
        terms=terms,
        sending=office(SENDING),
        holding=office(HOLDING),
        target=300,
        opens_on=opened,
        closes_on=opened + timedelta(days=30),
        collection_point="Collection point, Old Mill Street",
        demonstration=True,
    )
    for status in _WAY:
        round_ = change_round(round_, status, by=coordinator)
    ended = now - _LASTED_UNTIL + timedelta(days=1)
    change_agreement(agreement, Agreement.Status.EXPIRED, by=coordinator, now=ended)
    in_force.succeeds = agreement
    in_force.save(update_fields=["succeeds"])


def _after(in_force: Agreement, now: datetime) -> None:
    starts = (now + _STARTS).date()
    agreement = Agreement.objects.create(
        title_ru="Соглашение о посылках на следующий год (проект)",
        title_uk="Угода про посилки на наступний рік (проєкт)",
        title_en="Agreement on parcels for the next year (draft)",
        valid_from=starts,
        valid_until=starts + _LASTS,
        grace_days=45,
        succeeds=in_force,
    )
    agreement.signatories.set([office(SENDING), office(HOLDING)])
    draft = first_terms(agreement)
    draft.mass_max_g, draft.quota_per_prisoner = 12_000, 2
    draft.save(update_fields=["mass_max_g", "quota_per_prisoner"])
    tobacco = draft.rules.get(category="TOBACCO")
    tobacco.max_count = (tobacco.max_count or 0) + 5
    tobacco.save(update_fields=["max_count"])
    sweets = draft.rules.get(category="FOOD_SWEETS")
    sweets.verdict, sweets.max_mass_g = "limit", 500
    sweets.save(update_fields=["verdict", "max_mass_g"])
