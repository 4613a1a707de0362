"""The pages of visits: what each may do and read there, and that nothing typed is lost."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.actions import ToldParcel
from exchanges.models import CalendarAddress, ReportedParcel, Visit, VisitReport
from people.models import AuditEntry, Person, Staff
from tests.exchanges.visits import HOUR, agreed, held, host_liaison, person, reported, says, scheduled
from tests.factories import NOON, World, handed_over, organisation, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/exchanges/visit/"
PLACE, WORDS = "Ward 7, Long Street", "he kept the letter"


@pytest.fixture
def w(db: None) -> World:
    return world()


def at(visit: Visit, rest: str = "change/") -> str:
    return f"{LIST}{visit.pk}/{rest}"


def post(member: Staff, url: str, **data: Any) -> Any:
    return signed_in(member).post(url, data, follow=True)


def test_visit_is_agreed_scheduled_and_held_by_forms(w: World) -> None:
    told = {
        "agreement": w.terms.agreement_id, "kind": "mutual", "visited_by": w.north.pk, "host": w.south.pk,
    }  # fmt: skip
    answer = post(w.gita, f"{LIST}add/", **told)
    visit = Visit.objects.get()
    assert answer.redirect_chain == [(at(visit), HTTPStatus.FOUND)]
    when = {"step": "scheduled", "starts_at": "2026-11-20T12:00", "ends_at": "2026-11-20T14:00"}
    assert messages(post(w.gita, at(visit, "step/"), **when)) == ["The visit is now scheduled."]
    assert messages(post(w.gita, at(visit, "step/"), step="held")) == ["The visit is now held."]
    assert messages(post(w.gita, at(visit, "step/"), step="held")) == [
        "A visit that is held cannot become held."
    ]
    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == ("held", NOON)


def test_what_was_typed_stays_when_it_is_refused(w: World) -> None:
    pavlo = person(w.north, "Pavlo Away")
    scheduled(w, pavlo)
    visit = agreed(w, pavlo)
    when = {"step": "scheduled", "starts_at": "2026-11-20T13:00", "ends_at": "2026-11-20T15:00"}

    answer = post(w.gita, at(visit, "step/"), **when)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "booked for another one" in text(answer)
    assert 'value="2026-11-20T13:00"' in answer.content.decode()
    assert post(w.gita, at(visit, "step/"), step="postponed", reason="").status_code == HTTPStatus.BAD_REQUEST
    visit.refresh_from_db()
    assert visit.status == "agreed"


def test_visit_is_agreed_for_one_s_own_organisation_only(w: World) -> None:
    told = {"agreement": w.terms.agreement_id, "kind": "mutual"}
    for member, ends in (
        (w.gita, {"visited_by": w.south.pk, "host": w.south.pk}),
        (w.farid, {"visited_by": w.north.pk, "host": w.south.pk}),
    ):
        assert post(member, f"{LIST}add/", **told, **ends).status_code == HTTPStatus.BAD_REQUEST
    for member in (w.amina, w.elena, w.bruno):
        assert signed_in(member).get(f"{LIST}add/").status_code == HTTPStatus.FORBIDDEN
    assert Visit.objects.count() == 0


def test_prisoners_are_found_and_named_among_those_one_may_see(w: World) -> None:
    visit = agreed(w)
    pavlo, foreign = person(w.north, "Pavlo Away"), person(w.harbour, "Ivan Elsewhere")
    found = post(w.gita, at(visit, "find/prisoner/"), lines=f"Павло Away\n{foreign.reference}\nNobody Such")
    assert "Pavlo Away" in text(found)
    assert "Ivan" not in text(found)
    assert text(found).count("Nobody of this name or reference") == 2
    assert post(w.gita, at(visit, "add/prisoner/"), person=[pavlo.pk, foreign.pk]).status_code == 404
    assert visit.people.count() == 0

    assert messages(post(w.gita, at(visit, "add/prisoner/"), person=[pavlo.pk])) == ["1 more is named."]
    assert visit.people.get().person == pavlo
    post(w.gita, at(visit, "remove/"), person=pavlo.pk)
    assert visit.people.count() == 0
    assert post(w.gita, at(visit, "find/relative/"), lines="Olha").status_code == 404


def test_relatives_are_named_on_a_family_visit(w: World) -> None:
    visit, olha = agreed(w, kind="family"), person(w.north, "Olha Home", "sender")
    assert "Olha Home" in text(post(w.gita, at(visit, "find/relative/"), lines="Olha Home"))
    post(w.gita, at(visit, "add/relative/"), person=[olha.pk])
    assert visit.people.get().part == "relative"


def everything(w: World) -> tuple[Visit, Person]:
    pavlo = person(w.north, "Pavlo Away")
    visit = held(w, pavlo)
    actions.set_place(visit, PLACE, by=w.act(w.elena), now=NOON)
    actions.name_participants(visit, [w.ivo.pk, w.bruno.pk], by=w.act(w.gita), now=NOON)
    reported(w, visit, says(pavlo, [ToldParcel("PZ000000005ZZ", False)], words=WORDS, letters_given=1))
    return visit, pavlo


#          page, name, place, words and numbers
READS = {
    "gita": (200, True, False, True),
    "ivo": (200, True, True, True),
    "bruno": (200, False, True, False),
    "hana": (200, True, False, False),
    "elena": (200, False, True, False),
    "amina": (404, False, False, False),
    "dawit": (404, False, False, False),
    "farid": (404, False, False, False),
    "zora": (404, False, False, False),
}


@pytest.mark.parametrize("who", READS)
def test_each_reads_what_is_theirs(w: World, who: str) -> None:
    others = {"hana": host_liaison(w), "zora": staff("zora", "coordinator", organisation("west"))}
    member = others.get(who) or getattr(w, who)
    visit, _ = everything(w)
    page, name, place, word = READS[who]
    client = signed_in(member)

    shown = client.get(at(visit))
    assert shown.status_code == page
    assert ("Pavlo" in text(shown)) is name
    looked = client.post(at(visit, "place/"), {"purpose": "visit"})
    assert (looked.status_code == 200, PLACE in text(looked)) == (place, place)
    pages = [
        shown, client.get(LIST), client.get(at(visit, "letters/")),
        client.get(f"/admin/parcels/parcel/visits/{visit.pk}/"), client.get(at(visit, "report/")),
    ]  # fmt: skip
    assert PLACE not in " ".join(text(each) for each in pages)
    told = " ".join(text(each) for each in pages)
    assert (WORDS in told, "PZ000000005ZZ" in told) == (word, word)
    assert (visit.reference in text(pages[1])) is (page == 200)
    assert "Pavlo" not in text(pages[1])
    for each in pages[2:]:
        assert each.status_code in ((200, 403) if page == 200 else (404,)) or each.status_code == 404


@pytest.mark.parametrize("who", ["bruno", "elena", "amina", "farid"])
def test_others_change_nothing(w: World, who: str) -> None:
    visit, pavlo = everything(w)
    early = scheduled(w, at=NOON + 5 * HOUR)
    actions.name_participants(early, [w.bruno.pk], by=w.act(w.gita), now=NOON)
    before = list(Visit.objects.order_by("pk").values_list("status", "sealed_place"))
    client = signed_in(getattr(w, who))
    for each in (visit, early):
        for rest, data in (
            ("step/", {"step": "cancelled", "reason": "travel"}),
            ("participants/", {"staff": [w.gita.pk]}),
            ("add/prisoner/", {"person": [pavlo.pk]}),
            ("remove/", {"person": pavlo.pk}),
            ("report/", {"in_private": "yes", "once": "x"}),
            ("letters/", {}),
        ):
            assert client.post(at(each, rest), data).status_code in (403, 404)
    assert list(Visit.objects.order_by("pk").values_list("status", "sealed_place")) == before
    assert (visit.people.count(), early.people.count(), VisitReport.objects.count()) == (1, 0, 1)


def test_looks_are_recorded(w: World) -> None:
    visit, _ = everything(w)
    signed_in(w.ivo).get(at(visit))
    post(w.ivo, at(visit, "place/"), purpose="incident")
    signed_in(w.ivo).get(at(visit, "report/"))
    looks = AuditEntry.objects.filter(staff=w.ivo, subject=visit.pk).values_list("act", "purpose")
    assert {("open_visit", ""), ("see_place", "incident"), ("open_visit_report", "")} <= set(looks)
    assert signed_in(w.ivo).post(at(visit, "place/"), {"purpose": ""}).status_code == 400


def row(person: Person, **told: object) -> dict[str, object]:
    return {f"p{person.pk}-{name}": value for name, value in told.items()}


def test_list_of_forty_is_reported_in_one_go_and_what_is_wrong_is_kept(w: World) -> None:
    people = [person(w.north, f"Pavlo Away{number}") for number in range(40)]
    visit = held(w, *people)
    first, second, third = people[0], people[1], people[2]
    numbers = "pz000000005zz, PZ 0000 0001 9ZZ"
    sent = {
        "once": "form-of-forty", "in_private": "yes",
        **row(first, whole=numbers, words=WORDS, letters_received="2"),
        **row(second, missing="PZ12", partly="PZ000000022ZZ"),
        **row(third, seen="on"),
    }  # fmt: skip

    wrong = post(w.gita, at(visit, "report/"), **sent)
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    assert "Look at Pavlo Away1" in text(wrong)
    shown = wrong.content.decode()
    for typed in (numbers, "PZ12", "PZ000000022ZZ", WORDS, "form-of-forty"):
        assert typed in shown
    assert VisitReport.objects.count() == 0

    sent |= row(second, missing="")
    for _ in range(2):  # the form is sent twice
        answer = post(w.gita, at(visit, "report/"), **sent)
        assert answer.redirect_chain == [(at(visit), HTTPStatus.FOUND)]
    report = VisitReport.objects.get()
    assert report.people.count() == 40
    assert set(report.people.filter(seen=True).values_list("person", flat=True)) == {
        first.pk, second.pk, third.pk,
    }  # fmt: skip
    told = ReportedParcel.objects.values_list("parcel_number", "received", "complete")
    assert sorted(told) == [
        ("PZ000000005ZZ", True, "yes"), ("PZ000000019ZZ", True, "yes"), ("PZ000000022ZZ", True, "partly"),
    ]  # fmt: skip
    visit.refresh_from_db()
    assert (visit.status, visit.letters_received, visit.letters_given) == ("reported", 2, None)


def test_strays_are_shown_to_those_who_reported_and_tell_no_more(w: World) -> None:
    parcel = handed_over(w)
    elses = handed_over(w)
    visit = held(w, parcel.recipient)
    numbers = [parcel.number, elses.number, "PZ999999999ZZ"]
    reported(w, visit, says(parcel.recipient, [ToldParcel(number, True, "yes") for number in numbers]))
    url = f"/admin/parcels/parcel/visits/{visit.pk}/"

    shown = text(signed_in(w.gita).get(url))

    assert shown.count("Could not be placed") == 2
    for number in numbers[1:]:
        assert f"{number} " in shown
    assert "handed over" not in shown
    for member in (host_liaison(w), w.elena, w.amina, w.farid):
        assert signed_in(member).get(url).status_code == HTTPStatus.NOT_FOUND


def test_letters_are_followed_on_their_page(w: World) -> None:
    visit, pavlo = everything(w)
    olha, foreign = person(w.north, "Olha Home", "sender"), person(w.harbour, "Ira Home", "sender")
    letter = visit.letters.get()

    def sent(other: str) -> dict[str, object]:
        return {f"l{letter.pk}-{name}": value for name, value in
                {"read": "once", "outcome": "withheld", "other": other}.items()}  # fmt: skip

    wrong = post(w.gita, at(visit, "letters/"), **sent(foreign.reference))
    assert "No relative of this reference" in text(wrong)
    letter.refresh_from_db()
    assert letter.read == "unknown"
    post(w.gita, at(visit, "letters/"), **sent(olha.reference))
    letter.refresh_from_db()
    assert (letter.read, letter.outcome, letter.from_person, letter.to_person) == (
        "once", "withheld", olha, pavlo,
    )  # fmt: skip


def test_list_has_what_comes_first_and_costs_the_same_for_three(w: World) -> None:
    past = held(w, at=NOON - 9 * HOUR)
    reported(w, past)
    client = signed_in(w.gita)
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    late, soon = scheduled(w, at=NOON + 9 * HOUR), scheduled(w, at=NOON + HOUR)
    with CaptureQueriesContext(connection) as three:
        shown = client.get(LIST)

    assert [each.pk for each in shown.context["cl"].result_list] == [soon.pk, late.pk, past.pk]
    assert len(one) == len(three)
    actions.name_participants(late, [w.gita.pk], by=w.act(w.gita), now=NOON)
    shown = client.get(f"{LIST}?mine=yes&status=scheduled&kind=mutual")
    assert [each.pk for each in shown.context["cl"].result_list] == [late.pk]


def test_page_costs_the_same_for_three_prisoners(w: World) -> None:
    client, visit = signed_in(w.gita), agreed(w, person(w.north, "Pavlo Away"))
    client.get(at(visit))
    with CaptureQueriesContext(connection) as one:
        client.get(at(visit))
    actions.add_people(
        visit, [person(w.north, f"Ivan Away{n}").pk for n in (1, 2)], "prisoner", by=w.act(w.gita), now=NOON
    )
    with CaptureQueriesContext(connection) as three:
        client.get(at(visit))
    assert abs(len(three) - len(one)) == 0


def test_staff_of_the_other_side_are_counted_not_named(w: World) -> None:
    visit, hana = scheduled(w), host_liaison(w)
    actions.name_participants(visit, [w.ivo.pk], by=w.act(w.gita), now=NOON)
    shown = text(signed_in(hana).get(at(visit)))
    assert "1 of the other organisation" in shown
    assert "Ivo" not in shown
    assert "Gita" not in shown


def test_calendar_address_is_shown_once_renewed_and_withdrawn(w: World) -> None:
    client, url = signed_in(w.bruno), f"{LIST}calendar/"
    assert "You have no address" in text(client.get(url))
    made = client.post(url, {"do": "issue"})
    (address,) = [word for word in text(made).split() if "/calendar/" in word]
    path = "/calendar/" + address.rpartition("/")[2]
    assert ("no-store" in made["Cache-Control"], client.get(path).status_code) == (True, 200)
    assert "/calendar/" + path[10:] not in text(client.get(url))
    client.post(url, {"do": "withdraw"})
    assert (client.get(path).status_code, CalendarAddress.objects.count()) == (404, 0)
