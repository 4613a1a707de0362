import pytest
from django.db import DatabaseError, transaction

from exchanges.actions import draft_terms
from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from tests.factories import World, world

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
