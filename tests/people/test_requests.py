from datetime import timedelta

import pytest

from people import approvals, consents, facts, requests
from people.models import AuditEntry, Person, Restriction, RightsRequest
from people.processing import marks_of, stopped
from people.requests import Asked, NotPossible
from tests.factories import NOON, World, registered, world

DAY = timedelta(days=1)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def olha(w: World) -> Person:
    return registered(w).sender


def asked(kind: str, **fields: str) -> Asked:
    return Asked(kind, "self", "phone", "code", NOON - timedelta(hours=1), **fields)


def ask(w: World, person: Person, kind: str, **fields: str) -> RightsRequest:
    return requests.record(person, asked(kind, **fields), by=w.act(w.gita), now=NOON)


@pytest.mark.parametrize(
    ("kind", "hours"), [("erasure", 24), ("restriction", 24), ("access", 168), ("correction", 168)]
)
def test_request_has_its_deadline_from_when_it_came_in(w: World, olha: Person, kind: str, hours: int) -> None:
    made = ask(w, olha, kind)

    assert made.due_at - made.received_at == timedelta(hours=hours)
    assert AuditEntry.objects.filter(act="record_request", subject=olha.pk, purpose="rights_request").exists()


def test_objection_stops_its_purpose_at_once_and_no_other(w: World, olha: Person) -> None:
    made = ask(w, olha, "objection", purpose="correspondence")

    assert made.outcome == "done"
    assert stopped([olha.pk], "correspondence") == {olha.pk}
    assert stopped([olha.pk], "verification") == set()


def test_restriction_stops_every_purpose(w: World, olha: Person) -> None:
    ask(w, olha, "restriction")

    assert stopped([olha.pk], "correspondence") == stopped([olha.pk], "verification") == {olha.pk}
    assert marks_of(olha, NOON.date()).is_restricted


def test_withdrawn_consent_stops_its_purpose_until_it_is_given_again(w: World, olha: Person) -> None:
    by = w.act(w.amina)

    def give() -> None:
        consents.give(olha, "verification", text_version="1", language="uk", channel="phone", by=by, now=NOON)

    # What rests on no consent is not stopped by there being none.
    assert stopped([olha.pk], "verification") == set()
    give()
    assert stopped([olha.pk], "verification") == set()
    consents.withdraw(olha, "verification", channel="phone", by=by, now=NOON)
    assert stopped([olha.pk], "verification") == {olha.pk}
    give()
    assert stopped([olha.pk], "verification") == set()


def test_mark_is_lifted_by_two(w: World, olha: Person) -> None:
    ask(w, olha, "restriction")
    proposal = requests.propose_to_lift(olha, "restriction", "", by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)
    assert stopped([olha.pk], "verification") == {olha.pk}

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    assert stopped([olha.pk], "verification") == set()
    last = Restriction.objects.latest("pk")
    assert (last.lifted, last.recorded_by, last.also_by) == (True, w.gita, w.ivo)


def test_correction_ends_with_a_later_word_beside_the_first(w: World, olha: Person) -> None:
    made, by = ask(w, olha, "correction"), w.act(w.gita)
    # Her name was told before this one came in.
    later = asked("correction")._replace(received_at=NOON + DAY)
    unmet = requests.record(olha, later, by=by, now=NOON + 2 * DAY)
    with pytest.raises(NotPossible, match="Nothing was told"):
        requests.corrected(unmet, by=by, now=NOON + 2 * DAY)
    facts.add_fact(olha, "other_name", "Olha Later", source_id=w.north.pk, by=by, now=NOON)

    requests.corrected(made, by=by, now=NOON)

    made.refresh_from_db()
    assert (made.outcome, made.ended_at) == ("done", NOON)


def test_refusal_takes_two_and_a_reason(w: World, olha: Person) -> None:
    made, by = ask(w, olha, "erasure"), w.act(w.gita)
    with pytest.raises(NotPossible, match="Say why"):
        requests.propose_refusal(made, "because", by=by, now=NOON)
    proposal = requests.propose_refusal(made, "claim", by=by, now=NOON)
    made.refresh_from_db()
    assert made.outcome is None

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    made.refresh_from_db()
    assert (made.outcome, made.reason, made.decided_under) == ("refused", "claim", proposal)
    assert not Restriction.objects.exists()


def test_refused_while_a_parcel_is_on_its_way_restricts(w: World, olha: Person) -> None:
    made = ask(w, olha, "erasure")
    proposal = requests.propose_refusal(made, "under_way", by=w.act(w.gita), now=NOON)

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    assert Restriction.objects.get().request == made
    assert stopped([olha.pk], "verification") == {olha.pk}


@pytest.mark.parametrize("who", ["amina", "bruno", "elena", "farid"])
def test_only_officers_of_the_record_record_requests(w: World, olha: Person, who: str) -> None:
    with pytest.raises(approvals.NotYours):
        requests.record(olha, asked("erasure"), by=w.act(getattr(w, who)), now=NOON)
    assert not RightsRequest.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        asked("objection"),
        asked("erasure", purpose="verification"),
        asked("erasure")._replace(received_at=NOON + DAY),
        asked("erasure")._replace(asked_by="representative"),
    ],
)
def test_what_does_not_fit_is_not_recorded(w: World, olha: Person, wrong: Asked) -> None:
    with pytest.raises(NotPossible):
        requests.record(olha, wrong, by=w.act(w.gita), now=NOON)
    assert not RightsRequest.objects.exists()


@pytest.mark.parametrize("days", [0, 367])
def test_hold_ends_within_a_year(w: World, olha: Person, days: int) -> None:
    with pytest.raises(NotPossible):
        requests.propose_hold(olha, (NOON + days * DAY).date(), by=w.act(w.gita), now=NOON)
