"""Returns: how they go from step to step, who is on them, and whose wish must be known."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from exchanges import actions
from exchanges.actions import NotPossible, Particulars
from exchanges.lifecycle import RETURN
from exchanges.models import Agreement, Return, ReturnPerson, ReturnStep, Wish
from exchanges.queries import claims_about, members_of, returned_each_way, silences
from people import approvals
from people.actions import Telling, record_people
from people.models import Person, Staff
from tests import factories
from tests.factories import NOON, World, brought_to, group_asked_for, named, wished, world

DAY = date(2026, 11, 12)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return factories.staff("hana", "coordinator", w.south)


def step(w: World, group: Return, to: str, **fields: Any) -> Return:
    return actions.change_return(group, to, happened_on=DAY, by=w.act(w.gita), now=NOON, **fields)


def status(row: Return | ReturnPerson) -> str:
    return type(row).objects.values_list("status", flat=True).get(pk=row.pk)  # type: ignore[no-any-return]


class Undone(Exception):
    """What was tried went through, and is taken back."""


def allowed(attempt: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            attempt()
            raise Undone
    except Undone:
        return True
    except (DatabaseError, NotPossible):
        return False


def test_return_goes_its_whole_way_and_its_persons_have_returned(w: World) -> None:
    group = group_asked_for(w, "Vera Lake", "Taras Lake")
    for member in group.persons.all():
        wished(w, member)
    stays = group.persons.get(pk=group.persons.order_by("pk")[1].pk)
    actions.change_person(stays, "set_aside", happened_on=DAY, reason="health", by=w.act(w.farid), now=NOON)

    brought_to(w, group, "returned")

    assert status(group) == "returned"
    assert list(group.persons.order_by("pk").values_list("status", flat=True)) == ["returned", "set_aside"]
    assert list(group.steps.filter(member=None).order_by("pk").values_list("status", "planned_on")) == [
        ("requested", None), ("information_passed", None), ("negotiating", None), ("agreed", None),
        ("planned", date(2026, 11, 18)), ("travelling", None), ("returned", None),
    ]  # fmt: skip


@pytest.mark.parametrize("at", ["requested", "information_passed", "negotiating", "agreed", "planned"])
def test_return_takes_no_step_that_does_not_follow(w: World, at: str) -> None:
    group = group_asked_for(w)
    if at != "requested":
        group = brought_to(w, group, at)
    steps_before = ReturnStep.objects.count()
    for other in set(RETURN.statuses) - set(RETURN.steps[at]):
        with pytest.raises(NotPossible):
            step(w, group, other, planned_on=DAY, reason="no_reply")
        if other != at:
            with pytest.raises(DatabaseError), transaction.atomic():
                Return.objects.filter(pk=group.pk).update(status=other, planned_on=DAY)
    assert (status(group), ReturnStep.objects.count()) == (at, steps_before)


def test_return_that_fell_through_says_why_and_is_negotiated_again(w: World) -> None:
    group = brought_to(w, group_asked_for(w), "planned")
    with pytest.raises(NotPossible):
        step(w, group, "fell_through")
    assert status(group) == "planned"

    step(w, group, "fell_through", reason="day_not_kept")
    assert step(w, group, "negotiating").planned_on == date(2026, 11, 18)
    assert list(group.steps.order_by("pk").values_list("status", "reason"))[-2:] == [
        ("fell_through", "day_not_kept"), ("negotiating", ""),
    ]  # fmt: skip


def test_return_is_planned_for_a_day(w: World) -> None:
    group = brought_to(w, group_asked_for(w), "agreed")
    with pytest.raises(NotPossible):
        step(w, group, "planned")
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.filter(pk=group.pk).update(status="planned")
    assert status(group) == "agreed"


def test_day_that_has_not_come_is_refused(w: World) -> None:
    group = group_asked_for(w, "Vera Lake")
    tomorrow = date(2026, 11, 21)
    with pytest.raises(NotPossible):
        actions.change_return(group, "information_passed", happened_on=tomorrow, by=w.act(w.gita), now=NOON)
    with pytest.raises(NotPossible):
        wished(w, group.persons.get(), stated_on=tomorrow)
    assert (status(group), Wish.objects.count()) == ("requested", 0)


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_only_officers_take_steps_and_tell(w: World, who: str) -> None:
    group, by = group_asked_for(w, "Vera Lake"), w.act(getattr(w, who))
    member = group.persons.get()
    tries = [
        lambda: actions.change_return(group, "information_passed", happened_on=DAY, by=by, now=NOON),
        lambda: actions.change_person(member, "set_aside", happened_on=DAY, reason="health", by=by, now=NOON),
        lambda: actions.state_wish(
            member, "return", stated_to=w.north, in_private=True, stated_on=DAY, by=by, now=NOON
        ),
        lambda: actions.ask(group, w.south, DAY, by=by, now=NOON),
    ]
    for each in tries:
        with pytest.raises(approvals.NotYours):
            each()
    assert (status(group), status(member), Wish.objects.count(), group.questions.count()) == (
        "requested", "with_group", 0, 0,
    )  # fmt: skip


def test_officers_of_organisations_not_on_it_do_nothing(w: World) -> None:
    group = group_asked_for(w)
    zora = factories.staff("zora", "liaison", factories.organisation("west"))
    with pytest.raises(approvals.NotYours):
        actions.change_return(group, "information_passed", happened_on=DAY, by=w.act(zora), now=NOON)
    with pytest.raises(approvals.NotYours):
        actions.make_return(Particulars("x", "y", w.south, w.north), DAY, by=w.act(zora), now=NOON)
    assert (status(group), Return.objects.count()) == ("requested", 1)


def test_both_sides_and_the_intermediary_take_steps(w: World, hana: Staff) -> None:
    group = group_asked_for(w)
    for member, to in ((hana, "information_passed"), (w.farid, "negotiating"), (w.ivo, "agreed")):
        group = actions.change_return(group, to, happened_on=DAY, by=w.act(member), now=NOON)
    assert list(group.steps.order_by("pk").values_list("organisation__code", flat=True)) == [
        "north", "south", "harbour", "north",
    ]  # fmt: skip


# Wishes.


def test_nobody_travels_whose_wish_is_not_known(w: World) -> None:
    group = brought_to(w, group_asked_for(w, "Vera Lake", "Taras Lake"), "planned")
    vera, taras = group.persons.order_by("pk")
    wished(w, vera)
    with pytest.raises(NotPossible, match="1 of 2"):
        step(w, group, "travelling")
    with pytest.raises(DatabaseError, match="own wish"), transaction.atomic():
        Return.objects.filter(pk=group.pk).update(status="travelling")
    assert status(group) == "planned"

    wished(w, taras, to=w.south, in_private=True)
    assert step(w, group, "travelling").status == "travelling"


@pytest.mark.parametrize(
    ("told", "travels"),
    [
        ([("return", "harbour", False)], True),
        ([("return", "south", True)], True),
        ([("return", "south", False)], False),
        ([("stay", "harbour", True)], False),
        ([("return", "harbour", True), ("stay", "south", False)], False),
        ([("stay", "harbour", True), ("return", "south", False)], False),
        ([("stay", "south", False), ("return", "harbour", True)], True),
    ],
)
def test_wish_is_one_said_freely_and_not_taken_back(
    w: World, told: list[tuple[str, str, bool]], travels: bool
) -> None:
    """The action and the database give one answer."""
    group = brought_to(w, group_asked_for(w, "Vera Lake"), "planned")
    for wants, to, in_private in told:
        wished(w, group.persons.get(), wants, to=getattr(w, to), in_private=in_private)
    assert allowed(lambda: Return.objects.filter(pk=group.pk).update(status="travelling")) is travels
    assert allowed(lambda: step(w, group, "travelling")) is travels
    assert status(group) == "planned"


def test_nobody_travels_on_a_return_that_names_nobody(w: World) -> None:
    group = brought_to(w, group_asked_for(w), "planned")
    with pytest.raises(NotPossible):
        step(w, group, "travelling")
    with pytest.raises(DatabaseError), transaction.atomic():
        Return.objects.filter(pk=group.pk).update(status="travelling")
    assert status(group) == "planned"


def test_who_stays_behind_keeps_nobody_back(w: World) -> None:
    group = brought_to(w, group_asked_for(w, "Vera Lake", "Taras Lake"), "planned")
    vera, taras = group.persons.order_by("pk")
    wished(w, vera)
    wished(w, taras, "stay")
    actions.change_person(taras, "set_aside", happened_on=DAY, reason="own_wish", by=w.act(w.gita), now=NOON)
    assert step(w, group, "travelling").status == "travelling"
    with pytest.raises(NotPossible):
        actions.change_person(taras, "with_group", happened_on=DAY, by=w.act(w.gita), now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReturnPerson.objects.filter(pk=taras.pk).update(status="with_group")
    assert status(taras) == "set_aside"


def test_later_wishes_are_new_rows(w: World) -> None:
    group = group_asked_for(w, "Vera Lake")
    for wants in ("undecided", "return", "stay"):
        wished(w, group.persons.get(), wants, words=f"I {wants}")
    assert list(Wish.objects.order_by("pk").values_list("wants", flat=True)) == [
        "undecided",
        "return",
        "stay",
    ]
    (vera,) = members_of(list(group.persons.all()))
    assert (vera.wish and vera.wish.wants, vera.earlier, vera.in_the_way) == (
        "stay", 2, "their last word is not to return",
    )  # fmt: skip


def test_wish_that_another_organisation_heard_stands_on_a_paper(w: World) -> None:
    group = group_asked_for(w, "Vera Lake")
    with pytest.raises(NotPossible, match="paper"):
        wished(w, group.persons.get(), to=w.south, document="")
    assert Wish.objects.count() == 0


# Persons.


def test_person_is_of_the_office_whose_record_it_is(w: World, hana: Staff) -> None:
    group = group_asked_for(w)
    (theirs,) = record_people([Telling("evacuee", "Vera Lake", "1951")], organisation_id=w.south.pk, now=NOON)
    (prisoner,) = record_people(
        [Telling("prisoner", "Pavlo Away", "1990")], organisation_id=w.north.pk, now=NOON
    )
    for known in (theirs, prisoner):
        person = Person.objects.get(pk=known.id)
        with pytest.raises(approvals.NotYours):
            actions.name_person(group, person, by=w.act(w.gita), now=NOON)
        with pytest.raises(DatabaseError, match="own office"), transaction.atomic():
            ReturnPerson.objects.create(group=group, person=person, named_by=w.gita)
    with pytest.raises(approvals.NotYours):
        actions.name_new(group, Telling("evacuee", "Olga Hill", "1960"), by=w.act(hana), now=NOON)
    assert group.persons.count() == 0


def test_person_is_named_once_and_with_one_group(w: World) -> None:
    first, second = group_asked_for(w, "Vera Lake"), group_asked_for(w)
    vera = first.persons.get()
    for group in (first, second):
        with pytest.raises(NotPossible):
            named(w, group, "Vera Lake")
    assert (first.persons.count(), second.persons.count()) == (1, 0)

    actions.change_person(
        vera, "set_aside", happened_on=DAY, reason="other_group", by=w.act(w.gita), now=NOON
    )
    named(w, second, "Vera Lake")
    with pytest.raises(NotPossible, match="another group"):
        actions.change_person(vera, "with_group", happened_on=DAY, by=w.act(w.gita), now=NOON)
    assert (status(vera), second.persons.get().person_id) == ("set_aside", vera.person_id)


def test_nobody_joins_those_on_the_way(w: World) -> None:
    group = brought_to(w, group_asked_for(w, "Vera Lake"), "planned")
    wished(w, group.persons.get())
    step(w, group, "travelling")
    with pytest.raises(NotPossible):
        named(w, group, "Taras Lake")
    (known,) = record_people([Telling("evacuee", "Taras Lake", "1960")], organisation_id=w.north.pk, now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReturnPerson.objects.create(group=group, person_id=known.id, named_by=w.gita)
    assert group.persons.count() == 1


def test_staying_behind_says_why(w: World) -> None:
    vera = group_asked_for(w, "Vera Lake").persons.get()
    with pytest.raises(NotPossible, match="why"):
        actions.change_person(vera, "set_aside", happened_on=DAY, by=w.act(w.gita), now=NOON)
    with pytest.raises(NotPossible):
        actions.change_person(vera, "returned", happened_on=DAY, by=w.act(w.gita), now=NOON)
    assert status(vera) == "with_group"


# Two groups.


def test_two_groups_of_one_region_and_day_stay_two(w: World) -> None:
    """The trap of two reports that name one region and one day: nothing but a person's name joins them."""
    first, second = group_asked_for(w, "Vera Lake"), group_asked_for(w, "Taras Lake")
    by = w.act(w.gita)
    for group, number in ((first, 6), (second, 52)):
        actions.state_count(
            group, number, "returned", stated_by=w.north, said_on=DAY, words="From Lakeside", by=by, now=NOON
        )
        actions.ask(group, w.south, DAY, by=by, now=NOON)
        told = actions.Statement("moved_across_line", f"{number} of them", DAY, w.north)
        actions.record_claim(group, told, by=by, now=NOON)

    step(w, first, "information_passed")

    assert (first.requested_on, bytes(first.sealed_region) != bytes(second.sealed_region)) == (
        second.requested_on,
        True,
    )
    assert (status(first), status(second)) == ("information_passed", "requested")
    assert [group.persons.count() for group in (first, second)] == [1, 1]
    assert [[count.number for count in group.counts.all()] for group in (first, second)] == [[6], [52]]
    assert [len(silences(group)) for group in (first, second)] == [1, 1]
    (way,) = returned_each_way(w.round.agreement, for_=by)
    assert [(count.group_id, count.number) for count in way.counts] == [(first.pk, 6), (second.pk, 52)]
    for group, number in ((first, 6), (second, 52)):
        entries = [
            each for row in claims_about(group, for_=by).rows for _, cell in row.cells for each in cell
        ]
        assert {each.what for each in entries} == {
            f"counts {number} returned", "asks South", "moved across the line",
        }  # fmt: skip
        assert [each.words for each in entries if each.claim] == [f"{number} of them"]


# Particulars.


@pytest.mark.parametrize(
    "particulars",
    [
        {"to_organisation": "south"},
        {"to_organisation": "harbour"},
        {"intermediary": "north"},
        {"intermediary": None, "responsible": "harbour"},
    ],
)
def test_return_leads_between_two_sides(w: World, particulars: dict[str, str | None]) -> None:
    told = {name: getattr(w, code) if code else None for name, code in particulars.items()}
    with pytest.raises(NotPossible):
        group_asked_for(w, **told)
    assert Return.objects.count() == 0


def test_return_counts_under_an_agreement_of_ones_own(w: World) -> None:
    foreign = Agreement.objects.create(title_ru="x", title_uk="x", title_en="x", valid_from=DAY)
    with pytest.raises(NotPossible):
        group_asked_for(w, agreement=foreign)
    assert Return.objects.count() == 0


def test_responsible_is_concerned_at_the_database_too(w: World) -> None:
    group = group_asked_for(w, intermediary=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.filter(pk=group.pk).update(responsible=w.harbour)
    assert Return.objects.get().responsible == w.south


def test_details_change_and_sides_stand(w: World) -> None:
    group = group_asked_for(w)
    told = Particulars("Six", "Lakeside", w.south, w.north, None, w.north)
    changed = actions.change_details(group, told, by=w.act(w.farid), now=NOON)
    assert (changed.intermediary, changed.responsible) == (None, w.north)
    for wrong in (told._replace(from_organisation=w.north, to_organisation=w.south),):
        with pytest.raises(NotPossible):
            actions.change_details(group, wrong, by=w.act(w.gita), now=NOON)
    assert Return.objects.get().from_organisation == w.south


def test_return_begins_as_requested_at_the_database(w: World) -> None:
    group = group_asked_for(w)
    group.pk, group.reference, group.status, group.planned_on = None, "another", "travelling", DAY
    group._state.adding = True
    with pytest.raises(DatabaseError), transaction.atomic():
        group.save()
    assert Return.objects.count() == 1
