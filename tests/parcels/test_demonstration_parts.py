"""What the demonstration shows beside the round on its board, each sentence of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from exchanges import access
from exchanges.models import (
    Agreement,
    Claim,
    Count,
    Exchange,
    ExchangeCount,
    Question,
    Return,
    ReturnPerson,
    Round,
    Stage,
    Terms,
    Visit,
    Wish,
)
from exchanges.queries import wishes_of
from exchanges.wishes import in_the_way
from parcels import demonstration
from parcels.demonstration import exchanges as played
from parcels.demonstration import strangers
from parcels.demonstration.offices import ACCOUNTS, MIRROR_ACCOUNTS, actor
from parcels.ledger.snapshots import is_sound
from parcels.models import LedgerSnapshot, Movement, Parcel
from people.actors import announce
from people.models import (
    ComparedRow,
    Consent,
    Detention,
    Fact,
    Kinship,
    ListComparison,
    ListEntry,
    Organisation,
    PossibleMatch,
    Staff,
    Withholding,
)
from people.queries import facts_of
from people.withholding import kept_now
from tests.parcels.demonstrations import loaded_after_a_kill


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with loaded_after_a_kill(django_db_blocker, once=Agreement.objects.filter(status="draft").exists):
        yield


pytestmark = pytest.mark.usefixtures("loaded")

MIRRORED = {
    "cancelled": 1, "packed": 6, "dispatched": 2, "with_intermediary": 4, "handed_over": 6, "admitted": 4,
    "received": 7, "confirmed": 6, "missing": 1,
}  # fmt: skip


def mirror() -> Round:
    return Round.objects.get(reference="2026-december-mirror")


def test_round_goes_both_ways_and_one_is_open_to_the_public() -> None:
    round_ = Round.objects.get(reference="2026-december")

    assert mirror().mirror == round_
    assert (mirror().sending, mirror().holding) == (round_.holding, round_.sending)
    assert (mirror().status, mirror().open_to_public) == ("closed", False)
    collecting = Round.objects.filter(status="collecting")
    assert [each.reference for each in collecting] == ["2026-december"]


def test_parcels_of_the_mirror_are_the_same_each_time() -> None:
    found = Counter(Parcel.objects.filter(round=mirror()).values_list("status", flat=True))

    assert found.total() == 60
    assert {status: found[status] for status in MIRRORED} == MIRRORED
    assert {"cleared", "in_review"} <= found.keys()


def test_three_agreements_follow_one_another() -> None:
    expired, in_force, draft = (
        Agreement.objects.get(status=status) for status in ("expired", "in_force", "draft")
    )

    assert (draft.succeeds, in_force.succeeds, expired.succeeds) == (in_force, expired, None)
    assert [each.status for each in expired.rounds.all()] == ["reported"]
    assert expired.terms.get().status == "in_force"
    assert draft.terms.get().status == "draft"


def test_draft_says_other_things_than_what_is_in_force() -> None:
    now, then = (
        Terms.objects.get(agreement__status=status, status=at)
        for status, at in (("in_force", "in_force"), ("draft", "draft"))
    )

    assert (now.mass_max_g, now.quota_per_prisoner) != (then.mass_max_g, then.quota_per_prisoner)
    rules = [
        set(each.rules.values_list("category", "verdict", "max_count", "max_mass_g")) for each in (now, then)
    ]
    assert {category for category, *_ in rules[0] ^ rules[1]} == {"TOBACCO", "FOOD_SWEETS"}


def test_visits_stand_at_four_points_of_their_way() -> None:
    assert Counter(Visit.objects.values_list("status", flat=True)) == {
        "reported": 1, "held": 1, "scheduled": 1, "postponed": 1,
    }  # fmt: skip
    next_one = Visit.objects.get(status="scheduled").starts_at
    assert next_one is not None
    assert timedelta(days=5) < next_one - timezone.now() < timedelta(days=8)


def test_what_was_said_at_the_visit_confirms_four_parcels_and_contests_one() -> None:
    visit = Visit.objects.get(status="reported")
    said = Movement.objects.filter(details__has_key="visit_line").values_list("move", "parcel__round")

    assert Counter(said) == {("confirm", mirror().pk): 4, ("contest", mirror().pk): 1}
    assert (visit.kind, visit.in_private) == ("neutral", "yes")
    assert Counter(visit.letters.values_list("direction", flat=True)) == {"given": 5, "received": 4}


def test_exchange_has_three_stages_unequal_numbers_and_two_counts() -> None:
    with transaction.atomic():
        announce(actor("gita"))
        exchange = Exchange.objects.get()
        stages = dict(Stage.objects.values_list("number", "status"))
        crossed = exchange.people.filter(status="exchanged").count()
        counts = ExchangeCount.objects.values_list("source__code", "count")

        assert stages == {1: "finished", 2: "planned", 3: "fell_through"}
        assert crossed == sum(played.STAGES[0])
        assert dict(counts) == {"aldmark-ombudsman": 12, "vestria-ombudsman": 13}
        assert exchange.people.filter(status="disputed").count() == 1


def test_nobody_but_the_two_who_are_named_knows_of_the_exchange() -> None:
    for account in (*ACCOUNTS, *MIRROR_ACCOUNTS):
        with transaction.atomic():
            by = actor(account.username)
            announce(by)
            named = account.username in ("gita", "ivo")
            assert access.exchanges(by).count() == int(named), account.username
            # The database keeps it from them too.
            assert (Exchange.objects.exists(), Stage.objects.exists()) == (named, named)


def test_whoever_was_exchanged_has_no_parcel() -> None:
    with transaction.atomic():
        announce(actor("gita"))
        people = set(Exchange.objects.get().people.values_list("person", flat=True))

    assert not Parcel.objects.filter(recipient__in=people).exists()


def test_124_came_back_and_each_counts_them_otherwise() -> None:
    group = Return.objects.get(status="returned")
    counts = Count.objects.filter(group=group)

    assert group.persons.filter(status="returned").count() == 124
    assert sorted(counts.values_list("stated_by__code", "number", "scope")) == [
        ("aldmark-ombudsman", 126, "returned"),
        ("harbour-relief", 124, "returned"),
        ("vestria-ombudsman", 121, "returned"),
    ]
    assert group.intermediary == Organisation.objects.get(code="harbour-relief")
    assert len(set(counts.values_list("said_on", flat=True))) == 3


def test_everybody_who_came_back_had_wished_to() -> None:
    members = list(ReturnPerson.objects.filter(group__status="returned"))

    told = wishes_of(members)

    assert {in_the_way(told[each.pk]) for each in members} == {None}
    assert Wish.objects.filter(member__in=members).count() == 124


def test_of_the_six_one_side_claims_and_the_other_is_silent() -> None:
    claim = Claim.objects.get(kind="not_accepted_back")
    group = claim.group
    assert group is not None

    assert group.persons.count() == 6
    assert (claim.stated_by, claim.status) == (
        Organisation.objects.get(code="aldmark-ombudsman"),
        "reported",
    )
    assert not group.claims.exclude(pk=claim.pk).exists()
    open_ = Question.objects.filter(group=group, reply=None)
    assert [each.asked_of.code for each in open_] == ["vestria-ombudsman"]
    assert group.status == "negotiating"


def test_each_side_tells_the_movement_in_the_words_of_the_other_case() -> None:
    told = {
        (claim.stated_by.code if claim.stated_by else "", group.to_organisation.code): claim
        for claim in Claim.objects.filter(kind="moved_across_line").select_related("group", "stated_by")
        if (group := claim.group)
    }
    assert len(told) == 4
    for each in told.values():
        assert each.group is not None
        member = each.group.persons.first()
        assert member is not None
        terms = {
            fact.source.code: text for fact, text in facts_of(member.person) if fact.kind == Fact.Kind.TERM
        }
        theirs = each.group.to_organisation.code
        assert terms.pop(theirs) == "taken away"
        assert list(terms.values()) == ["evacuated"]


def test_lists_are_compared_into_every_group() -> None:
    found = Counter(ComparedRow.objects.values_list("kind", flat=True))

    assert set(found) == {"both", "only_ours", "only_theirs", "uncertain"}
    assert found["both"] > 40
    ours, theirs = ListComparison.objects.values_list("ours", "theirs").get()
    entries = Counter(ListEntry.objects.values_list("list", flat=True))
    assert (entries[ours], entries[theirs]) == (60, 58)


def test_more_is_told_of_some_people() -> None:
    assert PossibleMatch.objects.filter(settled_at=None).count() >= 2
    assert Kinship.objects.count() == 7
    assert Consent.objects.filter(given=False).count() == 1
    assert Detention.objects.get().organisation.code == "vestria-ombudsman"
    kept = kept_now(Withholding.objects.values("person"))
    assert sorted(kept.values_list("reason", flat=True)) == ["not_established", "own_wish"]


def test_ledger_is_frozen_once() -> None:
    assert is_sound(LedgerSnapshot.objects.get())


def test_loading_again_adds_nothing() -> None:
    before = (Visit.objects.count(), Return.objects.count(), Claim.objects.count(), Staff.objects.count())

    assert not demonstration.load(out=StringIO())
    assert before == (
        Visit.objects.count(), Return.objects.count(), Claim.objects.count(), Staff.objects.count(),
    )  # fmt: skip


def test_made_up_people_are_the_same_for_a_seed() -> None:
    assert strangers.civilians(51, 124, "uk") == strangers.civilians(51, 124, "uk")
    assert strangers.prisoners(41, 31, "uk") != strangers.prisoners(42, 31, "uk")
