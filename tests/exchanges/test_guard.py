import pytest
from django.db import DatabaseError, connection, transaction

from exchanges.actions import draft_terms, postpone_round
from exchanges.models import Agreement, ContentRule, Round, RoundChange, Stay, Terms
from tests.factories import NOON, World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def refused(rows: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        rows()  # type: ignore[operator]


def test_terms_in_force_do_not_change(w: World) -> None:
    refused(lambda: Terms.objects.filter(pk=w.terms.pk).update(mass_max_g=20_000))
    refused(lambda: Terms.objects.filter(pk=w.terms.pk).update(status="draft"))
    refused(lambda: w.terms.delete())

    assert Terms.objects.get().mass_max_g == 10_000


def test_rules_and_stays_in_force_do_not_change(w: World) -> None:
    rule, stay = w.terms.rules.order_by("pk")[0], w.terms.stays.order_by("pk")[0]
    before = (ContentRule.objects.count(), Stay.objects.count(), rule.verdict, stay.longest_days)

    refused(lambda: ContentRule.objects.filter(pk=rule.pk).update(verdict="allow", reason_code="X"))
    refused(lambda: ContentRule.objects.filter(pk=rule.pk).delete())
    refused(lambda: ContentRule.objects.create(terms=w.terms, category="NEW", verdict="allow"))
    refused(lambda: Stay.objects.filter(pk=stay.pk).update(longest_days=1_000))

    rule.refresh_from_db()
    stay.refresh_from_db()
    assert (
        ContentRule.objects.count(), Stay.objects.count(), rule.verdict, stay.longest_days
    ) == before  # fmt: skip


def test_rule_is_not_moved_into_terms_in_force(w: World) -> None:
    draft = draft_terms(w.terms.agreement)
    rule = draft.rules.order_by("pk")[0]

    refused(lambda: ContentRule.objects.filter(pk=rule.pk).update(terms=w.terms, category="MOVED"))

    rule.refresh_from_db()
    assert rule.terms == draft


def test_draft_changes_freely(w: World) -> None:
    draft = draft_terms(w.terms.agreement)
    draft.mass_max_g = 5_000
    draft.save()
    draft.rules.update(verdict="review")

    assert set(draft.rules.values_list("verdict", flat=True)) == {"review"}


def test_one_version_is_in_force(w: World) -> None:
    draft = draft_terms(w.terms.agreement)

    refused(lambda: Terms.objects.filter(pk=draft.pk).update(status="in_force"))

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_status_changes_only_by_a_step_of_its_table(w: World) -> None:
    refused(lambda: Agreement.objects.update(status="draft"))
    refused(lambda: Round.objects.update(status="reported"))
    refused(lambda: Round.objects.update(status="on_the_way"))

    assert (Agreement.objects.get().status, Round.objects.get().status) == ("in_force", "collecting")

    Round.objects.update(status="closed")
    assert Round.objects.get().status == "closed"


def test_rounds_terms_are_its_own_agreements(w: World) -> None:
    other = Agreement.objects.create(title_en="Other", valid_from=NOON.date())

    def mix() -> None:
        Round.objects.filter(pk=w.round.pk).update(agreement=other)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    refused(mix)

    assert Round.objects.get().agreement_id == w.terms.agreement_id


def test_agreement_that_ended_has_its_day_and_no_other_has(w: World) -> None:
    refused(lambda: Agreement.objects.update(status="terminated"))
    refused(lambda: Agreement.objects.update(ended_on=NOON.date()))
    refused(lambda: Agreement.objects.update(succeeds=w.terms.agreement))

    assert Agreement.objects.get().status == "in_force"


def test_history_of_a_round_is_only_added_to(w: World) -> None:
    by = w.act(w.ivo)
    on = NOON.date()
    postpone_round(w.round, "weather", until=on, closes_on=w.round.closes_on, by=by, now=NOON)

    refused(lambda: RoundChange.objects.update(reason="safety"))
    refused(lambda: RoundChange.objects.all().delete())

    assert RoundChange.objects.get().reason == "weather"


def test_only_a_round_that_waits_is_postponed_until_a_day(w: World) -> None:
    refused(lambda: Round.objects.update(postponed_until=NOON.date()))

    assert Round.objects.get().postponed_until is None
