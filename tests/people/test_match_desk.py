"""The queue of possible matches, and what a person's page says of other records."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people import deciding, groups
from people.models import Approval, AuditEntry, MatchStatement, PossibleMatch
from tests.factories import World, world
from tests.parcels.admin.desk import messages, opened_person, signed_in, text
from tests.people.people import match, recorded

pytestmark = pytest.mark.django_db
LIST = reverse("admin:people_possiblematch_changelist")


@pytest.fixture
def w() -> World:
    return world()


def asked(w: World, surname: str = "Коваленко") -> PossibleMatch:
    first = recorded(w.north, f"{surname} Іван Сергійович", "1985-03-04")
    match(first, recorded(w.north, f"{surname} І. С.", "1985-03-04"))
    return PossibleMatch.objects.get(person=first)


def url(question: PossibleMatch) -> str:
    return reverse("admin:people_possiblematch_change", args=[question.pk])


def test_both_records_stand_side_by_side_with_reasons(w: World) -> None:
    question = asked(w)

    said = text(signed_in(w.amina).get(url(question)))

    for words in (
        "Коваленко Іван Сергійович", "Kovalenko Ivan Serhiiovych", "Коваленко І. С.", "1985-03-04",
        "Born on the same day", "The given name is an initial", "They are one person",
    ):  # fmt: skip
        assert words in said
    opened = AuditEntry.objects.filter(act="open_person", staff=w.amina).values_list("subject", flat=True)
    assert set(opened) == {question.person_id, question.other_id}


def test_two_people_decide_on_the_page_and_take_it_back(w: World) -> None:
    question = asked(w)
    amina, gita = signed_in(w.amina), signed_in(w.gita)

    amina.post(url(question), {"act": deciding.SAME})
    proposal = Approval.objects.get()
    assert "You proposed this" in text(amina.get(url(question)))
    amina.post(url(question), {"act": "confirm", "approval": proposal.pk})
    assert not MatchStatement.objects.exists()
    gita.post(url(question), {"act": "confirm", "approval": proposal.pk})

    assert groups.same_as(question.person_id, w.north.pk) == [question.other_id]
    page = text(gita.get(url(question)))
    assert "Your office says: one person" in page
    assert "Amina and Gita" in page
    person = text(opened_person(amina, question.person_id))
    assert "Also on record" in person
    assert "Коваленко І. С." in person
    amina.post(url(question), {"act": deciding.TAKE_BACK})
    gita.post(url(question), {"act": "confirm", "approval": Approval.objects.latest("pk").pk})
    assert groups.same_as(question.person_id, w.north.pk) == []


def test_rejecting_needs_a_reason(w: World) -> None:
    question = asked(w)
    signed_in(w.amina).post(url(question), {"act": deciding.DIFFERENT})
    proposal, gita = Approval.objects.get(), signed_in(w.gita)

    answer = gita.post(url(question), {"act": "reject", "approval": proposal.pk}, follow=True)
    assert messages(answer) == ["Say why it is rejected."]
    gita.post(url(question), {"act": "reject", "approval": proposal.pk, "reason": "not_enough"})

    proposal.refresh_from_db()
    assert (proposal.decision, proposal.reason) == ("rejected", "not_enough")
    assert not MatchStatement.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("bruno", 403), ("dawit", 403), ("elena", 403), ("farid", 404)])
def test_others_see_no_question(w: World, who: str, status: int) -> None:
    question, member = asked(w), signed_in(getattr(w, who))

    assert member.get(url(question)).status_code == status
    assert member.post(url(question), {"act": deciding.SAME}).status_code == status
    seen = member.get(LIST)
    assert seen.status_code == 403 or "К. І." not in text(seen)
    assert not Approval.objects.exists()


def test_list_shows_initials_and_asks_as_often_for_three_as_for_one(w: World) -> None:
    client, counted = signed_in(w.amina), []
    for surnames in (["Коваленко"], ["Мельник", "Ткач"]):
        for surname in surnames:
            asked(w, surname)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(LIST)
        counted.append(len(queries))

    assert "К. І. С. and К. І. С." in text(page)
    assert "оваленко" not in text(page)
    assert counted[0] == counted[1]


def test_officers_see_it_among_what_waits_for_a_second_person(w: World) -> None:
    question = asked(w)
    signed_in(w.amina).post(url(question), {"act": deciding.SAME})

    assert "State that two records are one person" in text(
        signed_in(w.gita).get(reverse("admin:parcels_waiting"))
    )


def test_question_is_put_from_a_persons_page(w: World) -> None:
    first, second = recorded(w.north, "Pavlo Away", "1990"), recorded(w.north, "Ткач Борис", "1970")
    foreign, ask = recorded(w.south, "Pavlo Away"), reverse("admin:people_match_ask", args=[first.pk])

    for reference in (foreign.reference, "nobody", first.reference):
        assert messages(signed_in(w.amina).post(ask, {"reference": reference}, follow=True)) == [
            "Name another record of the same kind."
        ]
    assert not PossibleMatch.objects.exists()
    signed_in(w.amina).post(ask, {"reference": second.reference})

    assert PossibleMatch.objects.get().other == second
    assert signed_in(w.dawit).post(ask, {"reference": second.reference}).status_code == 403
