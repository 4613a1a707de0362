"""What each side counts, asks and replies, and where persons are: only added, each with whose word it is."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from exchanges import actions, sealed
from exchanges.actions import NotPossible
from exchanges.models import Count, Question, Reply, Return, Whereabouts
from exchanges.queries import claims_about, members_of, returned_each_way, silences
from exchanges.returns_guard import APPEND_ONLY
from people import approvals
from people.models import Staff
from tests import factories
from tests.databases import as_role
from tests.factories import NOON, World, group_asked_for, wished, world

DAY = date(2026, 11, 12)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return factories.staff("hana", "coordinator", w.south)


def count(w: World, group: Return, number: int, **fields: Any) -> Count:
    plain: dict[str, Any] = {"stated_by": w.north, "said_on": DAY, "by": w.act(w.gita), "now": NOON}
    return actions.state_count(group, number, fields.pop("scope", "returned"), **plain | fields)


def test_each_count_keeps_its_source_and_none_is_summed(w: World) -> None:
    group = group_asked_for(w)
    count(
        w, group, 124, stated_by=w.harbour, scope="own_operations", document="Report 7", words="Own flights"
    )
    count(w, group, 120, published_on=date(2026, 11, 13))
    count(w, group, 131, stated_by=w.south, document="Letter 9")
    count(w, group, 126, stated_by=None, source="a news agency")
    told = [
        (each.number, each.scope, str(each.stated_by or each.source), each.said_on, each.published_on)
        for each in Count.objects.select_related("stated_by").order_by("pk")
    ]
    assert told == [
        (124, "own_operations", "Harbour", DAY, None),
        (120, "returned", "North", DAY, date(2026, 11, 13)),
        (131, "returned", "South", DAY, None),
        (126, "returned", "a news agency", DAY, None),
    ]
    kept = Count.objects.get(number=124)
    assert sealed.told_of_return(kept.sealed_scope, sealed.SCOPE, kept.group_id, kept.pk) == "Own flights"


@pytest.mark.parametrize(
    "wrong",
    [
        {"stated_by": None},
        {"stated_by": "south"},
        {"published_on": date(2026, 11, 11)},
        {"said_on": date(2026, 11, 21)},
    ],
)
def test_count_without_source_paper_or_order_of_days_is_refused(w: World, wrong: dict[str, Any]) -> None:
    group = group_asked_for(w)
    given = {key: getattr(w, value) if isinstance(value, str) else value for key, value in wrong.items()}
    with pytest.raises(NotPossible):
        count(w, group, 5, **given)
    assert Count.objects.count() == 0


def test_count_has_a_source_at_the_database(w: World) -> None:
    group = group_asked_for(w)
    with pytest.raises(IntegrityError), transaction.atomic():
        Count.objects.create(
            group=group, number=1, scope="returned", said_on=DAY, organisation=w.north, recorded_by=w.gita
        )
    assert Count.objects.count() == 0


def test_counts_of_an_agreement_are_told_each_way_and_all(w: World, hana: Staff) -> None:
    here, there = group_asked_for(w), group_asked_for(w, from_organisation=w.north, to_organisation=w.south)
    elsewhere = group_asked_for(w, agreement=None)
    for group, number in ((here, 10), (here, 20), (there, 7), (elsewhere, 99)):
        count(w, group, number)
    count(w, here, 33, scope="asked_for")
    for member in (w.gita, hana, w.farid):
        ways = returned_each_way(w.round.agreement, for_=w.act(member))
        assert [
            (way.from_organisation.code, way.to_organisation.code, [each.number for each in way.counts])
            for way in ways
        ] == [("north", "south", [7]), ("south", "north", [10, 20])]
    zora = factories.staff("zora", "liaison", factories.organisation("west"))
    assert returned_each_way(w.round.agreement, for_=w.act(zora)) == []


# Silence.


def test_silence_reads_since_the_oldest_open_question_and_moves_nothing(w: World, hana: Staff) -> None:
    group = group_asked_for(w)
    first = actions.ask(group, w.south, date(2025, 11, 18), by=w.act(w.gita), now=NOON)
    actions.ask(group, w.south, date(2026, 3, 1), by=w.act(w.gita), now=NOON)
    (silence,) = silences(group)
    assert (silence.question, silence.since, silence.question.asked_of) == (
        first,
        date(2025, 11, 18),
        w.south,
    )
    assert (Return.objects.get().status, Return.objects.get().responsible) == ("requested", w.south)

    actions.reply(first, date(2026, 2, 1), by=w.act(hana), now=NOON)
    (silence,) = silences(group)
    assert silence.since == date(2026, 3, 1)
    assert Return.objects.get().status == "requested"


def test_silence_is_told_of_each_side_alike(w: World, hana: Staff) -> None:
    group = group_asked_for(w)
    actions.ask(group, w.south, DAY, by=w.act(w.gita), now=NOON)
    actions.ask(group, w.north, DAY, by=w.act(hana), now=NOON)
    assert {str(each.question.asked_of) for each in silences(group)} == {"North", "South"}


def test_reply_comes_once_after_the_question_from_who_is_of_it(w: World, hana: Staff) -> None:
    group = group_asked_for(w)
    question = actions.ask(group, w.south, DAY, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        actions.reply(question, DAY, document="x", by=w.act(w.farid), now=NOON)
    with pytest.raises(NotPossible):
        actions.reply(question, date(2026, 11, 11), by=w.act(hana), now=NOON)
    with pytest.raises(NotPossible, match="paper"):
        actions.reply(question, DAY, by=w.act(w.gita), now=NOON)
    assert Reply.objects.count() == 0
    actions.reply(question, DAY, by=w.act(hana), now=NOON)
    with pytest.raises(NotPossible):
        actions.reply(question, DAY, by=w.act(hana), now=NOON)
    assert Reply.objects.count() == 1


def test_question_is_to_another_on_the_return(w: World) -> None:
    group = group_asked_for(w)
    for asked in (w.north, factories.organisation("west")):
        with pytest.raises(NotPossible):
            actions.ask(group, asked, DAY, by=w.act(w.gita), now=NOON)
    assert Question.objects.count() == 0


def test_accounts_stand_side_by_side_with_silent_sides_too(w: World) -> None:
    group = group_asked_for(w)
    count(w, group, 6)
    actions.ask(group, w.south, date(2026, 11, 2), by=w.act(w.gita), now=NOON)
    timeline = claims_about(group, for_=w.act(w.farid))
    assert timeline.speakers == ["South", "North", "Harbour"]
    assert [(row.on, [len(cell) for _, cell in row.cells]) for row in timeline.rows] == [
        (date(2026, 11, 2), [0, 1, 0]), (DAY, [0, 1, 0]),
    ]  # fmt: skip


# Whereabouts.


def test_whereabouts_are_sealed_under_the_persons_key_and_added(w: World) -> None:
    vera = group_asked_for(w, "Vera Lake").persons.get()
    for place, on in (("Hostel 4, Hilltown", DAY), ("Hospital, Hilltown", date(2026, 11, 15))):
        actions.state_whereabouts(
            vera, place, on, stated_by=w.south, responsible=w.south, by=w.act(w.farid), now=NOON
        )
    (shown,) = members_of([vera])
    assert shown.where is not None
    assert b"Hilltown" not in bytes(shown.where.sealed_place)
    keys = sealed.keys_of({vera.person_id})
    assert (
        sealed.opened(
            keys.people[vera.person_id], shown.where.sealed_place, sealed.WHEREABOUTS, shown.where.pk
        )
        == "Hospital, Hilltown"
    )
    assert (Whereabouts.objects.count(), shown.where.responsible) == (2, w.south)


# The database.


def test_accounts_are_append_only_as_the_web_role(w: World, hana: Staff) -> None:
    group = group_asked_for(w, "Vera Lake")
    vera = group.persons.get()
    wished(w, vera)
    actions.state_whereabouts(
        vera, "Hostel", DAY, stated_by=w.north, responsible=None, by=w.act(w.gita), now=NOON
    )
    count(w, group, 6)
    question = actions.ask(group, w.south, DAY, by=w.act(w.gita), now=NOON)
    actions.reply(question, DAY, by=w.act(hana), now=NOON)
    claim = actions.record_claim(
        group, actions.Statement("other", "words", DAY, w.north), by=w.act(w.gita), now=NOON
    )
    actions.assess_claim(claim, "disputed", reason="differs", assessed_on=DAY, by=w.act(w.gita), now=NOON)
    with as_role("lifeline_web"), connection.cursor() as cursor:
        for table in (*APPEND_ONLY, "claim", "returnperson", "returnevent"):
            cursor.execute(f"SELECT count(*) FROM exchanges_{table}")
            (before,) = cursor.fetchone()
            assert before > 0, table
            for change in (f"UPDATE exchanges_{table} SET id = id", f"DELETE FROM exchanges_{table}"):
                with pytest.raises(DatabaseError), transaction.atomic():
                    cursor.execute(change)
            cursor.execute(f"SELECT count(*) FROM exchanges_{table}")
            assert cursor.fetchone() == (before,)


def test_roles_that_need_nothing_read_nothing() -> None:
    from config.privileges import TABLES  # noqa: PLC0415

    tables = ("wish", "whereabouts", "claim", "assessment", "returnperson", "returnstep", "question", "reply")
    # A policy on people asks, in whatever role, who is named on a return.
    only = {"exchanges_returnperson": ("SELECT (person_id, group_id)", "")}
    for name in (f"exchanges_{table}" for table in tables):
        assert TABLES[name][1:] == only.get(name, ("", "")), name
