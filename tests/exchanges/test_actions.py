"""Terms in force by two officers, and what an agreement and a round become from step to step."""

from datetime import date

import pytest

from exchanges import actions
from exchanges.actions import NotPossible
from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from people import approvals
from people.models import Approval, Organisation, Staff
from tests.factories import NOON, World, staff, world


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return staff("hana", "coordinator", w.south)


@pytest.fixture
def draft(w: World) -> Terms:
    return actions.next_version(w.terms)


def another_round(w: World, status: str) -> Round:
    return actions.make_round(
        reference="october", agreement=w.terms.agreement, terms=w.terms, sending=w.north, holding=w.south,
        status=status, target=1, opens_on=date(2026, 10, 1), closes_on=date(2026, 10, 2),
        collection_point="x",
    )  # fmt: skip


def test_next_version_copies_terms_rules_and_stays(w: World, draft: Terms) -> None:
    def parts(terms: Terms) -> list[object]:
        rules = ContentRule.objects.filter(terms=terms).order_by("category")
        stays = Stay.objects.filter(terms=terms).order_by("status")
        return [
            *rules.values_list("category", "verdict", "name_uk"),
            *stays.values_list("status", "longest_days"),
        ]

    assert (draft.version, draft.status, draft.in_force_at, draft.mass_max_g) == (2, "draft", None, 10_000)
    assert parts(draft) == parts(w.terms)


def test_one_draft_at_a_time(w: World, draft: Terms) -> None:
    with pytest.raises(NotPossible):
        actions.next_version(w.terms)
    assert Terms.objects.count() == 2


def test_two_officers_put_terms_in_force_and_open_rounds_follow(w: World, draft: Terms, hana: Staff) -> None:
    over = another_round(w, "handed_over")
    approval = actions.propose_terms(draft, by=w.act(w.gita), now=NOON)
    approvals.confirm(approval.pk, by=w.act(hana), now=NOON)
    assert list(Terms.objects.order_by("version").values_list("status", "in_force_at")) == [
        ("superseded", w.terms.in_force_at), ("in_force", NOON),
    ]  # fmt: skip
    assert dict(Round.objects.values_list("pk", "terms")) == {w.round.pk: draft.pk, over.pk: w.terms.pk}


@pytest.mark.parametrize(("touches", "follows"), [("not_sealed", True), ("new_intakes", False)])
def test_closed_round_goes_on_under_terms_that_touch_what_waits_in_it(
    w: World, draft: Terms, hana: Staff, touches: str, follows: bool
) -> None:
    closed = another_round(w, "closed")
    Terms.objects.filter(pk=draft.pk).update(touches=touches)
    approval = actions.propose_terms(draft, by=w.act(w.gita), now=NOON)
    approvals.confirm(approval.pk, by=w.act(hana), now=NOON)
    closed.refresh_from_db()
    assert closed.terms_id == (draft.pk if follows else w.terms.pk)


def test_one_officer_puts_nothing_in_force(w: World, draft: Terms) -> None:
    approval = actions.propose_terms(draft, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(approval.pk, by=w.act(w.gita), now=NOON)
    assert Terms.objects.get(pk=draft.pk).status == "draft"


@pytest.mark.parametrize("who", ["amina", "farid", "elena"])
def test_only_officers_of_signatories_propose_and_decide(w: World, draft: Terms, who: str) -> None:
    by = w.act(getattr(w, who))
    with pytest.raises(approvals.NotYours):
        actions.propose_terms(draft, by=by, now=NOON)
    approval = actions.propose_terms(draft, by=w.act(w.ivo), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(approval.pk, by=by, now=NOON)
    assert Terms.objects.get(pk=draft.pk).status == "draft"
    assert Approval.objects.get().decision is None


def test_terms_in_force_or_without_rules_are_not_proposed(w: World) -> None:
    bare = Terms.objects.create(agreement=w.terms.agreement, version=2)
    for terms in (w.terms, bare):
        with pytest.raises(NotPossible):
            actions.propose_terms(terms, by=w.act(w.gita), now=NOON)
    assert Approval.objects.count() == 0


def test_agreement_is_suspended_and_resumed(w: World, hana: Staff) -> None:
    agreement = w.terms.agreement
    assert actions.change_agreement(agreement, "suspended", by=w.act(w.ivo), now=NOON).status == "suspended"
    assert actions.change_agreement(agreement, "in_force", by=w.act(hana), now=NOON).status == "in_force"


@pytest.mark.parametrize("status", ["draft", "signed", "in_force"])
def test_agreement_takes_no_other_step(w: World, status: str) -> None:
    with pytest.raises(NotPossible):
        actions.change_agreement(w.terms.agreement, status, by=w.act(w.ivo), now=NOON)
    assert Agreement.objects.get().status == "in_force"


def test_agreement_without_terms_does_not_come_into_force(w: World) -> None:
    bare = Agreement.objects.create(
        title_ru="x", title_uk="x", title_en="x", status="signed", valid_from=date(2026, 1, 1)
    )
    bare.signatories.add(w.north)
    with pytest.raises(NotPossible):
        actions.change_agreement(bare, "in_force", by=w.act(w.ivo), now=NOON)
    bare.refresh_from_db()
    assert bare.status == "signed"


@pytest.mark.parametrize("who", ["amina", "farid"])
def test_agreement_is_for_officers_of_signatories(w: World, who: str) -> None:
    with pytest.raises(approvals.NotYours):
        actions.change_agreement(w.terms.agreement, "suspended", by=w.act(getattr(w, who)), now=NOON)
    assert Agreement.objects.get().status == "in_force"


def test_terminated_agreement_ends_on_the_day_it_is_at_the_office(w: World) -> None:
    Organisation.objects.filter(pk=w.north.pk).update(time_zone="Pacific/Kiritimati")
    ended = actions.change_agreement(w.terms.agreement, "terminated", by=w.act(w.ivo), now=NOON)
    assert (ended.status, ended.ended_on) == ("terminated", date(2026, 11, 21))


@pytest.mark.parametrize("last_day", [None, date(2026, 11, 20), date(2026, 12, 31)])
def test_agreement_does_not_expire_before_its_last_day_is_over(w: World, last_day: date | None) -> None:
    Agreement.objects.update(valid_until=last_day)
    with pytest.raises(NotPossible):
        actions.change_agreement(w.terms.agreement, "expired", by=w.act(w.ivo), now=NOON)
    assert Agreement.objects.get().ended_on is None


def test_ended_agreement_gets_no_new_terms(w: World, draft: Terms) -> None:
    approval = actions.propose_terms(draft, by=w.act(w.gita), now=NOON)
    actions.change_agreement(w.terms.agreement, "terminated", by=w.act(w.ivo), now=NOON)
    with pytest.raises(NotPossible):
        approvals.confirm(approval.pk, by=w.act(w.ivo), now=NOON)
    assert Terms.objects.get(pk=draft.pk).status == "draft"


def test_first_terms_of_a_successor_are_those_of_the_agreement_it_succeeds(w: World) -> None:
    successor = Agreement.objects.create(
        title_en="Second", valid_from=date(2026, 12, 1), succeeds=w.terms.agreement
    )
    terms = actions.first_terms(successor)
    assert (terms.version, terms.status, terms.mass_max_g) == (1, "draft", 10_000)
    assert (terms.rules.count(), terms.stays.count()) == (w.terms.rules.count(), w.terms.stays.count())
    with pytest.raises(NotPossible):
        actions.first_terms(successor)


def test_first_terms_are_else_the_standard_ones(w: World) -> None:
    alone = Agreement.objects.create(title_en="Alone", valid_from=date(2026, 12, 1))
    assert actions.first_terms(alone).mass_max_g == 5_000


@pytest.mark.parametrize("status", ["postponed", "cancelled"])
def test_round_is_not_postponed_or_cancelled_without_saying_why(w: World, status: str) -> None:
    with pytest.raises(NotPossible):
        actions.change_round(another_round(w, "agreed"), status, by=w.act(w.ivo))
    assert Round.objects.get(reference="october").status == "agreed"


def test_round_goes_its_way(w: World) -> None:
    for status in ("closed", "handed_over", "reported"):
        assert actions.change_round(w.round, status, by=w.act(w.ivo)).status == status
    with pytest.raises(NotPossible):
        actions.change_round(w.round, "collecting", by=w.act(w.ivo))
    assert Round.objects.get().status == "reported"


def test_round_collects_only_under_an_agreement_in_force(w: World) -> None:
    waiting = another_round(w, "lists_exchanged")
    actions.change_agreement(w.terms.agreement, "suspended", by=w.act(w.ivo), now=NOON)
    with pytest.raises(NotPossible):
        actions.change_round(waiting, "collecting", by=w.act(w.ivo))
    waiting.refresh_from_db()
    assert waiting.status == "lists_exchanged"


@pytest.mark.parametrize("who", ["amina", "elena", "dawit"])
def test_round_is_for_officers(w: World, who: str) -> None:
    with pytest.raises(approvals.NotYours):
        actions.change_round(w.round, "closed", by=w.act(getattr(w, who)))
    assert Round.objects.get().status == "collecting"
