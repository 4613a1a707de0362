"""The pages of claims: filters, how each stands, what answers it, and every side's account of one subject."""

from datetime import date
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.actions import Statement
from exchanges.models import Assessment, Claim, Return
from people.actions import Telling, record_people
from people.models import AuditEntry, Person, Staff
from tests.factories import NOON, World, group_asked_for, organisation, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/exchanges/claim/"
NUMBER = "PZ123456785ZZ"
DAY = date(2026, 11, 12)
SAID = {"kind": "state", "words": "Said to be well", "said_on": "2026-11-10", "source": "a relative"}


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return staff("hana", "coordinator", w.south)


@pytest.fixture
def group(w: World) -> Return:
    return group_asked_for(w, "Vera Lake")


@pytest.fixture
def pavlo(w: World) -> Person:
    (known,) = record_people(
        [Telling("prisoner", "Pavlo Away", "1990")], organisation_id=w.north.pk, now=NOON
    )
    return Person.objects.get(pk=known.id)


@pytest.fixture
def claim(w: World, group: Return) -> Claim:
    said = Statement("not_accepted_back", "They are not accepted", DAY, w.south)
    return actions.record_claim(group, said, by=w.act(w.gita), now=NOON)


def url(claim: Claim, what: str = "change") -> str:
    return f"{LIST}{claim.pk}/{what}/"


def assess(member: Staff, claim: Claim, step: str, **told: str) -> Any:
    fields = {"step": step, "assessed_on": "2026-11-13", "reason": "other_side", **told}
    return signed_in(member).post(url(claim, "step"), fields, follow=True)


@pytest.mark.parametrize("about", ["person", "return", "parcel"])
def test_claim_is_recorded_about_what_is_theirs(w: World, group: Return, pavlo: Person, about: str) -> None:
    subject: Any = {"person": pavlo, "return": group, "parcel": NUMBER}[about]
    reference = getattr(subject, "reference", subject)
    answer = signed_in(w.gita).post(f"{LIST}add/", {**SAID, "about": f" {reference} "}, follow=True)
    assert messages(answer) == ["The claim is recorded as reported."]
    made = Claim.objects.get()
    assert (actions.subject_of(made), made.source, made.organisation) == (subject, "a relative", w.north)


def test_foreign_and_unknown_subjects_are_told_alike_and_typed_words_kept(
    w: World, group: Return, pavlo: Person, hana: Staff
) -> None:
    zora = staff("zora", "liaison", organisation("west"))
    said = set()
    for member, reference in (
        (hana, pavlo.reference), (zora, pavlo.reference), (zora, group.reference), (hana, "nothing"),
        (hana, "\x00"),
    ):  # fmt: skip
        refused = signed_in(member).post(f"{LIST}add/", {**SAID, "about": reference})
        assert refused.status_code == HTTPStatus.BAD_REQUEST
        assert refused.context["form"]["words"].value() == "Said to be well"
        said.add(str(refused.context["form"].errors["about"][0]))
    assert said <= {
        "Nothing that you may read has this reference or number.",
        "Null characters are not allowed.",
    }
    assert Claim.objects.count() == 0


def test_claim_takes_the_buttons_of_its_table_with_a_reason(w: World, claim: Claim, hana: Staff) -> None:
    shown = signed_in(w.gita).get(url(claim))
    assert [step for step, _ in shown.context["steps"]] == [
        "supported",
        "disputed",
        "unresolved",
        "withdrawn",
    ]
    refused = assess(w.gita, claim, "disputed", reason="", note="typed")
    assert (refused.status_code, refused.context["form"]["note"].value()) == (HTTPStatus.BAD_REQUEST, "typed")
    assert Assessment.objects.count() == 0

    assert messages(assess(w.gita, claim, "disputed", note="Note-canary")) == ["Recorded, with the reason."]
    assert Claim.objects.get().status == "disputed"
    for member, reads in ((w.gita, True), (hana, False), (w.farid, False)):
        shown_to = text(signed_in(member).get(url(claim)))
        assert ("Note-canary" in shown_to, "the other side says otherwise" in shown_to) == (reads, True)
    assert assess(w.gita, claim, "reported").status_code == HTTPStatus.BAD_REQUEST
    assert Assessment.objects.count() == 1


def test_correction_and_answer_are_new_claims(w: World, claim: Claim) -> None:
    gita = signed_in(w.gita)
    told = {
        "kind": "not_accepted_back",
        "words": "They are, later",
        "said_on": "2026-11-14",
        "stated_by": w.south.pk,
    }
    refused = gita.post(
        url(claim, "correct"),
        {f"new-{name}": value for name, value in {**told, "stated_by": w.north.pk}.items()},
    )
    assert (refused.status_code, Claim.objects.count()) == (HTTPStatus.BAD_REQUEST, 1)
    assert refused.context["correct"]["words"].value() == "They are, later"

    gita.post(url(claim, "correct"), {f"new-{name}": value for name, value in told.items()})
    corrected = Claim.objects.get(pk=claim.pk)
    assert (corrected.status, Claim.objects.get(corrects=claim).status) == ("corrected", "reported")

    ready = {
        "kind": "ready_to_receive",
        "words": "At any time",
        "said_on": "2026-11-14",
        "stated_by": w.north.pk,
    }
    gita.post(f"{LIST}add/?answers={claim.reference}", ready)
    assert Claim.objects.get(answers=claim).group == claim.group
    shown = text(gita.get(url(claim)))
    assert ("Corrected by" in shown, "Answered by" in shown, "They are not accepted" in shown) == (True,) * 3


def test_opening_claims_is_recorded(w: World, claim: Claim, pavlo: Person) -> None:
    gita = signed_in(w.gita)
    gita.get(url(claim))
    gita.get(f"{LIST}timeline/?about={pavlo.reference}")
    assert list(AuditEntry.objects.filter(act__in=("open_claim", "read_claims")).order_by("pk").values_list("act", "subject_kind", "subject")) == [
        ("open_claim", "claim", claim.pk), ("read_claims", "person", pavlo.pk),
    ]  # fmt: skip


def test_timeline_page_shows_every_side(w: World, claim: Claim, group: Return, hana: Staff) -> None:
    actions.record_claim(
        group,
        Statement("moved_across_line", "They were taken", date(2026, 11, 2), w.north),
        by=w.act(hana),
        now=NOON,
    )
    for member in (w.gita, hana, w.farid):
        shown = signed_in(member).get(f"{LIST}timeline/?about={group.reference}")
        assert shown.context["timeline"].speakers == ["South", "North", "Harbour"]
        assert ("They were taken" in text(shown), "They are not accepted" in text(shown)) == (True, True)


def test_claims_of_others_are_not_there(
    w: World, claim: Claim, group: Return, pavlo: Person, hana: Staff
) -> None:
    on_person = actions.record_claim(
        pavlo, Statement("state", "Canary", DAY, w.south), by=w.act(w.gita), now=NOON
    )
    on_parcel = actions.record_claim(
        NUMBER, Statement("parcel", "Canary", DAY, w.south), by=w.act(w.gita), now=NOON
    )
    zora = staff("zora", "liaison", organisation("west"))
    for member, hidden in ((zora, (claim, on_person, on_parcel)), (hana, (on_person, on_parcel))):
        browser = signed_in(member)
        for each in hidden:
            assert browser.get(url(each)).status_code == HTTPStatus.NOT_FOUND
            assert assess(member, each, "disputed").status_code == HTTPStatus.NOT_FOUND
            assert browser.post(url(each, "correct"), {}).status_code == HTTPStatus.NOT_FOUND
            assert browser.get(f"{LIST}add/?answers={each.reference}").status_code == HTTPStatus.NOT_FOUND
            for asked in (each.reference, pavlo.reference, NUMBER):
                found = browser.get(LIST, {"q": asked}).context["cl"].result_list
                assert each not in found
        assert browser.get(f"{LIST}timeline/?about={pavlo.reference}").status_code == HTTPStatus.NOT_FOUND
        # A number tells nothing: known and unknown read alike.
        for number in (NUMBER, "PZ000000000ZZ"):
            shown = text(browser.get(f"{LIST}timeline/?about={number}"))
            assert ("Nothing is recorded that you may read." in shown, "Canary" in shown) == (True, False)
    assert signed_in(zora).get(f"{LIST}timeline/?about={group.reference}").status_code == HTTPStatus.NOT_FOUND
    assert set(Claim.objects.values_list("status", flat=True)) == {"reported"}


@pytest.mark.parametrize("who", ["amina", "bruno", "chiara", "dawit", "elena"])
def test_other_roles_see_no_claims(w: World, claim: Claim, group: Return, who: str) -> None:
    member = signed_in(getattr(w, who))
    for address in (LIST, url(claim), f"{LIST}add/", f"{LIST}timeline/?about={group.reference}"):
        assert member.get(address).status_code == HTTPStatus.FORBIDDEN
    assert assess(getattr(w, who), claim, "disputed").status_code == HTTPStatus.FORBIDDEN
    assert Claim.objects.get().status == "reported"


def test_list_is_filtered_and_offers_only_speakers_one_may_read(
    w: World, claim: Claim, pavlo: Person, hana: Staff
) -> None:
    actions.record_claim(pavlo, Statement("state", "x", DAY, w.harbour), by=w.act(w.gita), now=NOON)
    gita = signed_in(w.gita)
    for query, many in (
        ({}, 2), ({"status": "reported"}, 2), ({"status": "disputed"}, 0), ({"kind": "state"}, 1),
        ({"stated_by": w.south.pk}, 1), ({"stated_by": "x"}, 2), ({"q": pavlo.reference}, 1),
    ):  # fmt: skip
        assert gita.get(LIST, query).context["cl"].result_count == many, query
    assert "Harbour" in text(gita.get(LIST))
    assert "Harbour" not in text(signed_in(hana).get(LIST))


def test_words_are_not_in_the_list(w: World, claim: Claim) -> None:
    assert "accepted" not in signed_in(w.gita).get(LIST).content.decode().replace(
        "not accepted back", ""
    ).replace("not_accepted_back", "")


def test_list_asks_as_often_for_three_rows_as_for_one(w: World, claim: Claim, pavlo: Person) -> None:
    gita = signed_in(w.gita)
    with CaptureQueriesContext(connection) as one:
        gita.get(LIST)
    for subject in (pavlo, NUMBER):
        actions.record_claim(subject, Statement("state", "x", DAY, w.south), by=w.act(w.gita), now=NOON)
    with CaptureQueriesContext(connection) as three:
        assert gita.get(LIST).context["cl"].result_count == 3
    assert len(one) == len(three)
