"""The pages of returns: people and accounts side by side, what comes next, and who may see what."""

from datetime import date
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.models import Claim, Count, Return, ReturnPerson, Wish
from people.actions import Telling, record_people
from people.models import AuditEntry, Person, Staff
from tests.factories import (
    NOON,
    World,
    brought_to,
    group_asked_for,
    named,
    organisation,
    staff,
    wished,
    world,
)
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/exchanges/return/"
DAY = date(2026, 11, 12)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return staff("hana", "coordinator", w.south)


@pytest.fixture
def group(w: World) -> Return:
    return group_asked_for(w, "Vera Lake", "Taras Lake")


def url(group: Return, what: str = "change") -> str:
    return f"{LIST}{group.pk}/{what}/"


def do(member: Staff, group: Return, what: str, /, **told: object) -> Any:
    fields = {f"{what}-{name}": str(value) for name, value in told.items()}
    return signed_in(member).post(url(group, f"do/{what}"), fields, follow=True)


def take(member: Staff, group: Return, step: str, **told: str) -> Any:
    return signed_in(member).post(
        url(group, "step"), {"step": step, "happened_on": "2026-11-12", **told}, follow=True
    )


def test_buttons_are_those_of_the_table(w: World, group: Return) -> None:
    shown = signed_in(w.gita).get(url(group))
    assert [step for step, _ in shown.context["steps"]] == ["information_passed", "fell_through"]
    assert messages(take(w.gita, group, "information_passed")) == ["The return is now information passed."]
    refused = take(w.gita, group, "returned")
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert refused.context["step_form"].non_field_errors() == [
        "A return that is information passed cannot become returned."
    ]
    assert Return.objects.get().status == "information_passed"


def test_who_keeps_the_group_back_is_named_before_they_set_out(w: World, group: Return) -> None:
    wished(w, group.persons.order_by("pk")[0])
    brought_to(w, group, "planned")
    shown = text(signed_in(w.gita).get(url(group)))
    assert "They cannot set out yet: nobody travels whose own wish is not known." in shown
    assert "Taras Lake: no wish is recorded" in shown
    assert "Vera Lake: no wish" not in shown
    refused = take(w.gita, group, "travelling")
    assert "1 of 2" in text(refused)
    assert Return.objects.get().status == "planned"


def test_fell_through_asks_why_and_keeps_what_was_typed(w: World, group: Return) -> None:
    refused = take(w.gita, group, "fell_through")
    assert refused.context["step_form"]["happened_on"].value() == "2026-11-12"
    assert Return.objects.get().status == "requested"
    assert messages(take(w.gita, group, "fell_through", reason="no_reply")) == [
        "The return is now fell through."
    ]


def test_accounts_stand_side_by_side_with_silence_as_silence(w: World, group: Return, hana: Staff) -> None:
    do(w.gita, group, "ask", asked_of=w.south.pk, asked_on="2026-11-02")
    do(w.gita, group, "count", number=6, scope="returned", stated_by=w.north.pk, said_on="2026-11-03")
    do(hana, group, "count", number=5, scope="returned", stated_by=w.south.pk, said_on="2026-11-03")
    do(
        w.farid,
        group,
        "count",
        number=7,
        scope="own_operations",
        stated_by=w.harbour.pk,
        said_on="2026-11-03",
    )
    do(
        w.gita, group, "claim", kind="not_accepted_back", stated_by=w.south.pk, said_on="2026-11-05",
        words="They are not accepted", about="",
    )  # fmt: skip
    for member in (w.gita, hana, w.farid):
        shown = signed_in(member).get(url(group))
        assert shown.context["timeline"].speakers == ["South", "North", "Harbour"]
        (_, third, fifth) = shown.context["timeline"].rows
        assert [[each.what for each in cell] for _, cell in third.cells] == [
            ["counts 5 returned"], ["counts 6 returned"], ["counts 7 returned in its own operations"],
        ]  # fmt: skip
        assert [len(cell) for _, cell in fifth.cells] == [1, 0, 0]
        assert "South: no reply recorded since 2 Nov 2026 (asked by North)" in text(shown)
        assert not {"13", "18", "11"} & set(text(shown).split())  # no sum
    assert (Return.objects.get().status, Claim.objects.get().kind) == ("requested", "not_accepted_back")


def test_reply_ends_the_silence(w: World, group: Return, hana: Staff) -> None:
    do(w.gita, group, "ask", asked_of=w.south.pk, asked_on="2026-11-02")
    question = group.questions.get()
    do(hana, group, "reply", question=question.pk, replied_on="2026-11-04")
    shown = text(signed_in(w.gita).get(url(group)))
    assert ("no reply recorded" in shown, "Replies to the question of 2 Nov 2026" in shown) == (False, True)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("count", {"number": 6, "scope": "returned", "said_on": "2026-11-03"}),
        ("count", {"number": -1, "scope": "returned", "source": "x", "said_on": "2026-11-03"}),
        ("wish", {"member": "", "wants": "return"}),
        (
            "claim",
            {"kind": "not_accepted_back", "source": "a newspaper", "said_on": "2026-11-03", "words": "x"},
        ),
        ("person", {"reference": "", "name": " "}),
        ("person", {"name": "Olga Hill", "born_on": "1999-13"}),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    w: World, group: Return, what: str, told: dict[str, object]
) -> None:
    refused = do(w.gita, group, what, **told)
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    form = next(form for name, _, form in refused.context["acts"] if name == what)
    assert form.errors
    assert {name: form[name].value() for name in told} == {name: str(value) for name, value in told.items()}
    assert "Nothing was recorded" in text(refused)
    assert (Count.objects.count(), Wish.objects.count(), Claim.objects.count(), group.persons.count()) == (
        0,
        0,
        0,
        2,
    )


def test_persons_are_named_by_reference_or_by_name_one_by_one(w: World, group: Return) -> None:
    (known,) = record_people([Telling("evacuee", "Olga Hill", "1960")], organisation_id=w.north.pk, now=NOON)
    olga = Person.objects.get(pk=known.id)
    do(w.gita, group, "person", reference=olga.reference)
    do(w.gita, group, "person", name="Petro Field", born_on="1971-05")
    shown = text(signed_in(w.gita).get(url(group)))
    assert ("Olga Hill" in shown, "Petro Field" in shown, group.persons.count()) == (True, True, 4)
    do(w.gita, group, "person", name="Olga Hill", born_on="1960")
    assert group.persons.count() == 4


def test_person_of_another_office_or_kind_is_nobody(w: World, group: Return, hana: Staff) -> None:
    tellings = [Telling("evacuee", "Olga Hill", "1960"), Telling("prisoner", "Pavlo Away", "1990")]
    (theirs,) = record_people(tellings[:1], organisation_id=w.south.pk, now=NOON)
    (prisoner,) = record_people(tellings[1:], organisation_id=w.north.pk, now=NOON)
    references = [Person.objects.get(pk=each.id).reference for each in (theirs, prisoner)]
    said = set()
    for reference in (*references, "nobody"):
        refused = do(w.gita, group, "person", reference=reference)
        form = next(form for name, _, form in refused.context["acts"] if name == "person")
        said.add(str(form.errors["reference"][0]))
    assert said == {"No displaced civilian on your office's record has this reference."}
    assert group.persons.count() == 2
    assert do(hana, group, "person", reference=references[0]).status_code == HTTPStatus.BAD_REQUEST
    assert group.persons.count() == 2


def test_wishes_and_staying_behind_are_told_on_the_page(w: World, group: Return) -> None:
    vera = group.persons.order_by("pk")[0]
    do(
        w.gita, group, "wish", member=vera.pk, wants="return", stated_to=w.harbour.pk, in_private="yes",
        stated_on="2026-11-10", document="Form 1",
    )  # fmt: skip
    do(
        w.gita, group, "wish", member=vera.pk, wants="stay", stated_to=w.north.pk, in_private="no",
        stated_on="2026-11-11",
    )  # fmt: skip
    do(w.gita, group, "aside", member=vera.pk, step="set_aside", happened_on="2026-11-11", reason="own_wish")
    shown = text(signed_in(w.gita).get(url(group)))
    assert "wishes to stay said to North, not in private, 11 Nov 2026; 1 earlier" in shown
    assert "stays behind: their own wish" in shown


def test_where_they_are_is_shown_for_a_purpose_and_each_look_recorded(
    w: World, group: Return, hana: Staff
) -> None:
    vera = group.persons.order_by("pk")[0]
    do(w.gita, group, "where", member=vera.pk, place="Hostel 4", since_on="2026-11-10", stated_by=w.south.pk)
    wished(w, vera, words="My daughter waits")
    assert "Hostel 4" not in text(signed_in(hana).get(url(group)))
    before = AuditEntry.objects.filter(act="look_whereabouts").count()
    refused = do(hana, group, "look", purpose="")
    assert ("Hostel 4" in text(refused), AuditEntry.objects.filter(act="look_whereabouts").count()) == (
        False,
        before,
    )
    assert signed_in(hana).get(url(group, "do/look")).status_code == HTTPStatus.METHOD_NOT_ALLOWED

    looked = do(hana, group, "look", purpose="return_arrangement")
    assert ("Hostel 4" in text(looked), "My daughter waits" in text(looked)) == (True, False)
    assert list(
        AuditEntry.objects.filter(act="look_whereabouts")
        .order_by("subject")
        .values_list("staff", "subject", "purpose")
    ) == [
        (hana.pk, person, "return_arrangement")
        for person in sorted(group.persons.values_list("person", flat=True))
    ]
    # The words of a wish are for who heard or recorded them.
    assert "My daughter waits" in text(do(w.farid, group, "look", purpose="verification"))
    assert "Hostel 4" not in text(signed_in(hana).get(url(group)))


def test_opening_a_return_is_recorded(w: World, group: Return) -> None:
    signed_in(w.farid).get(url(group))
    assert list(AuditEntry.objects.values_list("staff", "act", "subject")) == [
        (w.farid.pk, "open_return", group.pk)
    ]


@pytest.mark.parametrize("who", ["amina", "bruno", "chiara", "dawit", "elena"])
def test_other_roles_see_no_returns(w: World, group: Return, who: str) -> None:
    member = signed_in(getattr(w, who))
    for address in (LIST, url(group), url(group, "details"), f"{LIST}add/"):
        assert member.get(address).status_code == HTTPStatus.FORBIDDEN
    assert take(getattr(w, who), group, "information_passed").status_code == HTTPStatus.FORBIDDEN
    assert do(getattr(w, who), group, "look", purpose="verification").status_code == HTTPStatus.FORBIDDEN
    assert (Return.objects.get().status, AuditEntry.objects.filter(outcome="done").count()) == (
        "requested",
        0,
    )


def test_return_of_others_is_not_there(w: World, group: Return) -> None:
    zora = staff("zora", "coordinator", organisation("west"))
    member = signed_in(zora)
    for what in ("change", "details"):
        assert member.get(url(group, what)).status_code == HTTPStatus.NOT_FOUND
    for what in ("person", "wish", "where", "aside", "count", "claim", "ask", "reply", "look"):
        assert do(zora, group, what).status_code == HTTPStatus.NOT_FOUND
    assert take(zora, group, "information_passed").status_code == HTTPStatus.NOT_FOUND
    listed = member.get(f"{LIST}?q={group.reference}")
    assert (listed.context["cl"].result_count, "Lakeside" in text(listed)) == (0, False)
    assert (Return.objects.get().status, AuditEntry.objects.filter(outcome="done").count()) == (
        "requested",
        0,
    )


def test_forms_offer_only_who_is_on_this_return(w: World, group: Return, hana: Staff) -> None:
    other = group_asked_for(w, "Olga Hill", title="Another", intermediary=None)
    olga = other.persons.get()
    shown = signed_in(hana).get(url(group)).content.decode()
    assert "Olga Hill" not in shown
    refused = do(
        w.gita, group, "where", member=olga.pk, place="x", since_on="2026-11-10", stated_by=w.north.pk
    )
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert olga.whereabouts.count() == 0
    # Harbour does not help the other group, and is not told of it.
    assert signed_in(w.farid).get(url(other)).status_code == HTTPStatus.NOT_FOUND
    assert signed_in(w.farid).get(LIST).context["cl"].result_count == 1


def test_return_is_made_and_its_details_change(w: World) -> None:
    told = {
        "title": "Six", "region": "Lakeside", "from_organisation": w.south.pk, "to_organisation": w.north.pk,
        "requested_on": "2026-11-01",
    }  # fmt: skip
    gita = signed_in(w.gita)
    answer = gita.post(f"{LIST}add/", told, follow=True)
    made = Return.objects.get()
    assert messages(answer) == ["The return is recorded as requested. Now name who is on it."]
    assert (made.organisation, made.status, b"Lakeside" in bytes(made.sealed_region)) == (
        w.north,
        "requested",
        False,
    )
    more = {
        "title": "Six people",
        "region": "Lakeside",
        "intermediary": w.harbour.pk,
        "responsible": w.south.pk,
    }
    assert messages(gita.post(url(made, "details"), more, follow=True)) == ["Changed."]
    made.refresh_from_db()
    assert (made.intermediary, made.responsible) == (w.harbour, w.south)
    shown = gita.get(url(made, "details"))
    assert shown.context["form"]["title"].value() == "Six people"
    assert "from_organisation" not in shown.context["form"].fields


def test_return_of_two_others_is_not_made(w: World) -> None:
    west, east = organisation("west"), organisation("east")
    told = {
        "title": "Six", "region": "Lakeside", "from_organisation": west.pk, "to_organisation": east.pk,
        "requested_on": "2026-11-01",
    }  # fmt: skip
    refused = signed_in(w.gita).post(f"{LIST}add/", told)
    assert refused.context["form"].non_field_errors() == [
        "Your own office is one of the organisations on it."
    ]
    assert refused.context["form"]["title"].value() == "Six"
    assert Return.objects.count() == 0


def test_list_shows_silence_and_asks_as_often_for_three_as_for_one(w: World, group: Return) -> None:
    actions.ask(group, w.south, date(2026, 11, 2), by=w.act(w.gita), now=NOON)
    gita = signed_in(w.gita)
    with CaptureQueriesContext(connection) as one:
        assert "Nov. 2, 2026" in text(gita.get(LIST))
    for name in ("Olga Hill", "Petro Field"):
        more = group_asked_for(w, name)
        actions.ask(more, w.south, DAY, by=w.act(w.gita), now=NOON)
    with CaptureQueriesContext(connection) as three:
        assert gita.get(LIST).context["cl"].result_count == 3
    assert len(one) == len(three)


def test_page_asks_as_often_for_three_persons_as_for_one(w: World) -> None:
    group = group_asked_for(w, "Vera Lake")
    gita = signed_in(w.gita)

    def told(member: ReturnPerson) -> None:
        wished(w, member)
        actions.state_whereabouts(
            member, "Hostel", DAY, stated_by=w.south, responsible=w.south, by=w.act(w.gita), now=NOON
        )
        actions.state_count(group, 1, "returned", stated_by=w.north, said_on=DAY, by=w.act(w.gita), now=NOON)
        actions.ask(group, w.south, DAY, by=w.act(w.gita), now=NOON)

    told(group.persons.get())
    gita.get(url(group))
    with CaptureQueriesContext(connection) as one:
        gita.get(url(group))
    for name in ("Taras Lake", "Olga Hill"):
        told(named(w, group, name))
    with CaptureQueriesContext(connection) as three:
        gita.get(url(group))
    assert len(one) == len(three)


def test_words_are_neutral(w: World, group: Return) -> None:
    shown = text(signed_in(w.gita).get(url(group))).casefold()
    for word in ("evacuee", "deported", "refugee", "hostage", "enemy", "refused by", "captive"):
        assert word not in shown, word
