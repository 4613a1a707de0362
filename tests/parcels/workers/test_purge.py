from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import AccessToken

from parcels import settling
from parcels.models import Line, Movement, Note, Parcel, Tick
from parcels.workers import purge
from people import approvals, audit, groups, requests, retention_periods, sealing, verifying
from people.acts import Act
from people.audit_tree import AUDIT
from people.models import (
    AuditEntry,
    AuditSalt,
    Erasure,
    Fact,
    NameKey,
    Person,
    PersonKey,
    PossibleMatch,
    PurgeCount,
    PurgeRun,
    Restriction,
    SavedReply,
    SignInLink,
    ThrottleWindow,
)
from people.retention import RULES
from tests.databases import Database, as_role
from tests.exchanges import visits
from tests.factories import NOON, World, client, move, registered, world
from tests.parcels.workers.conftest import WORKER, until
from tests.people.people import recorded

Drain = Callable[[str], int]


def test_what_is_over_goes_and_the_rest_stays(w: World, drain: Drain) -> None:
    now = timezone.now()
    for key, age in (("old", 31), ("new", 29)):
        reply = SavedReply.objects.create(organisation=w.north, key=key, body_hash=b"", status=200, body={})
        SavedReply.objects.filter(pk=reply.pk).update(saved_at=now - timedelta(days=age))
    for key, hours in (("old", 25), ("new", 23)):
        ThrottleWindow.objects.create(bucket=key, started_at=now - timedelta(hours=hours), taken=1)
        Tick.objects.create(schedule=key, slot=now - timedelta(hours=hours))

    assert [drain("tidy"), drain("tidy")] == [3, 0]

    assert [reply.key for reply in SavedReply.objects.all()] == ["new"]
    assert [window.bucket for window in ThrottleWindow.objects.all()] == ["new"]
    assert [tick.schedule for tick in Tick.objects.all()] == ["new"]


def test_token_is_kept_a_day_after_it_has_expired(w: World, drain: Drain) -> None:
    partner, now = client(w.north, "registrar"), timezone.now()
    for name, hours in (("old", -25), ("new", -23), ("live", 1)):
        AccessToken.objects.create(
            application=partner, token=name, expires=now + timedelta(hours=hours), scope=""
        )

    assert [drain("tidy"), drain("tidy")] == [1, 0]

    assert set(AccessToken.objects.values_list("token", flat=True)) == {"new", "live"}


def test_question_that_was_answered_no_goes_after_90_days(w: World, drain: Drain) -> None:
    """What holds two records together stays, to be looked at and taken back."""
    people = [recorded(w.north, "Pavlo Away", str(year)) for year in (1960, 1970, 1980)]
    long_ago = timezone.now() - timedelta(days=91)
    for other, says in zip(people[1:], ("different", "same"), strict=True):
        PossibleMatch.objects.create(office=w.north, person=people[0], other=other, settled_at=long_ago)
        if says == "same":
            groups.state_alone(
                [groups.Stated(groups.pair(people[0].pk, other.pk, w.north.pk), ("number_same",))], now=NOON
            )

    assert drain("purge") == 1

    assert [question.other for question in PossibleMatch.objects.all()] == [people[2]]


def _ended(w: World, days: int, **fields: Any) -> Parcel:
    """A parcel that was cancelled so many days ago, with a note on its sender."""
    parcel = registered(w, **fields)
    settling.write_note(parcel, parcel.sender_id, "called twice", by=w.act(w.amina), now=NOON)
    move(parcel, "cancel", w.act(w.amina))
    Parcel.objects.filter(pk=parcel.pk).update(status_since=timezone.now() - timedelta(days=days))
    parcel.refresh_from_db()
    return parcel


def _kinds(person: Person) -> set[str]:
    return set(person.facts.values_list("kind", flat=True))


def test_night_takes_each_category_when_its_time_has_come(w: World, drain: Drain) -> None:
    fresh, half, whole = _ended(w, 182), _ended(w, 184), _ended(w, 366)
    before = list(Movement.objects.order_by("pk").values())

    assert drain("purge") > 0

    for each in (fresh, half, whole):
        each.refresh_from_db()
    # Half a year and a day: contacts, contents and codes are gone, the sender and the note are not.
    assert _kinds(fresh.sender) == {"name", "contact"}
    assert _kinds(half.sender) == {"name"}
    assert (bool(fresh.code_hash), half.code_hash, bytes(half.seed)) == (True, None, b"")
    assert {bytes(line.sealed_description) for line in half.lines.all()} == {b""}
    assert [bool(each.sealed_relationship) for each in (fresh, half)] == [True, False]
    assert [note.parcel for note in Note.objects.order_by("pk")] == [fresh, half]
    # A year and a day: nobody can say any more who sent it. That it was sent stays.
    assert not PersonKey.objects.filter(pk=whole.sender_id).exists()
    assert not NameKey.objects.filter(person=whole.sender_id).exists()
    assert Erasure.objects.get().rule == "senders"
    assert list(Movement.objects.order_by("pk").values()) == before
    # The person held is not taken away because a parcel to them ended.
    assert _kinds(whole.recipient) == {"name", "birth_date", "service_number"}


def test_sender_of_another_parcel_that_has_not_ended_stays(w: World, drain: Drain) -> None:
    parcel = _ended(w, 1000)
    Parcel.objects.filter(pk=registered(w).pk).update(sender=parcel.sender)

    drain("purge")

    assert _kinds(parcel.sender) == {"name", "contact"}
    assert not Erasure.objects.exists()


def test_what_is_on_hold_is_not_taken(w: World, drain: Drain) -> None:
    parcel = _ended(w, 1000)
    until = (timezone.now() + timedelta(days=30)).date()
    proposal = requests.propose_hold(parcel.sender, until, by=w.act(w.gita), now=timezone.now())
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=timezone.now())

    assert drain("purge") == 0

    assert Fact.objects.filter(person=parcel.sender, kind="contact").exists()
    parcel.refresh_from_db()
    assert parcel.code_hash is not None
    assert Note.objects.count() == 1


def test_hold_that_has_ended_keeps_nothing(w: World, drain: Drain) -> None:
    parcel = _ended(w, 1000)
    Restriction.objects.create(
        person=parcel.sender, mark="hold", until_on=timezone.now().date() - timedelta(days=1),
        organisation=w.north, recorded_by=w.gita, also_by=w.ivo,
    )  # fmt: skip

    assert drain("purge") > 0

    assert not PersonKey.objects.filter(pk=parcel.sender_id).exists()


def test_who_came_home_two_years_ago_goes(w: World, drain: Drain) -> None:
    home, held, late = (recorded(w.north, f"Pavlo {name}", "1990") for name in ("Home", "Held", "Late"))
    long_ago = timezone.now() - timedelta(days=731)
    for person, situation, at in (
        (home, "exchanged", long_ago), (held, "held", long_ago), (late, "released", timezone.now()),
    ):  # fmt: skip
        person.situation_events.create(
            situation=situation, happened_on=long_ago.date(), stated_by="neutral", source=w.harbour,
            recorded_by=w.gita, organisation=w.north, recorded_at=at,
        )  # fmt: skip
    Line.objects.all()

    drain("purge")

    assert [row.person for row in Erasure.objects.all()] == [home]
    assert not home.situation_events.exists()
    assert held.facts.exists()
    assert late.facts.exists()


def test_letter_of_a_visit_goes_and_its_number_stays(w: World, drain: Drain) -> None:
    held = visits.person(w.north, "Petro Held")
    visit = visits.held(w, held)
    visits.reported(
        w, visit, visits.says(held, letters_given=2, letters_received=1),
        now=timezone.now() - timedelta(days=31),
    )  # fmt: skip

    drain("purge")

    visit.refresh_from_db()
    # The one that is still carried stays until it is known what became of it.
    assert [letter.outcome for letter in visit.letters.all()] == ["carried"]
    assert (visit.letters_given, visit.letters_received) == (2, 1)


def test_audit_goes_after_two_years_but_not_what_was_used_up(committed_db: Database) -> None:
    w, at = world(), timezone.now() - timedelta(days=731)
    audit.record(w.act(w.gita), Act.OPEN_PERSON, "person", 1, now=at)
    audit.record(w.act(w.gita), Act.USED_UP, "approval", 1, now=at)
    old = AuditEntry.objects.filter(at=at).order_by("pk")

    with as_role(WORKER):
        purge.purge_now()
    # What no head covers yet stays: it would be missing from the tree.
    assert list(old.values_list("act", flat=True)) == ["open_person", "used_up"]

    with as_role(WORKER):
        assert until(_all_is_sealed)
        purge.purge_now()
        found = verifying.verify(AUDIT)

    assert list(old.values_list("act", flat=True)) == ["used_up"]
    assert (found.erased, found.faults) == (1, [])
    assert AuditSalt.objects.count() == found.size - 1


def _all_is_sealed() -> bool:
    sealing.seal(AUDIT)
    return sealing.unsealed(AUDIT) == 0


def test_sign_in_links_go_within_the_hour(w: World, drain: Drain) -> None:
    SignInLink.objects.create(staff=w.gita, token_hash=b"old", made_at=timezone.now() - timedelta(days=2))
    SignInLink.objects.create(staff=w.gita, token_hash=b"new")

    assert drain("tidy") == 1

    assert [bytes(link.token_hash) for link in SignInLink.objects.all()] == [b"new"]


def test_night_comes_once_and_reports(w: World, drain: Drain) -> None:
    _ended(w, 184)
    today = timezone.now().date()

    first, second = drain("purge"), drain("purge")

    assert (first, second) == (3, 0)
    run = PurgeRun.objects.get()
    assert (run.night, run.dry_run, run.finished_at is not None) == (today, False, True)
    lines = {line.rule: (line.due, line.purged) for line in run.counts.all()}
    assert lines == dict.fromkeys(RULES, (0, 0)) | dict.fromkeys(
        ("sender_contact", "contents", "codes"), (1, 1)
    )
    assert (
        AuditEntry.objects.filter(act="purged", by="worker", subject_kind="purge", subject=run.pk).count()
        == 1
    )


def test_night_that_was_cut_off_goes_on(w: World, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "SHARE", 1)
    for _ in range(3):
        _ended(w, 184)
    stops = iter([False, False, True])

    with as_role(WORKER):
        first = purge.drain(lambda: next(stops, True))
    unfinished = PurgeRun.objects.get().finished_at
    rest = drain("purge")

    assert (first, rest, unfinished) == (1, 8, None)
    run = PurgeRun.objects.get()
    assert run.finished_at is not None
    assert run.counts.get(rule="sender_contact").purged == 3


def test_dry_run_says_the_same_and_changes_nothing(w: World) -> None:
    parcel = _ended(w, 366)
    out = StringIO()

    call_command("purge", "--dry-run", stdout=out)
    call_command("purge", "--dry-run", stdout=StringIO())

    said = dict(line.split(": ") for line in out.getvalue().splitlines()[:-1])
    assert said["notes"].startswith("1 due (365 days, the oldest of")
    assert out.getvalue().splitlines()[-1].startswith("5 would go. Report")
    assert _kinds(parcel.sender) == {"name", "contact"}
    assert Note.objects.count() == 1
    call_command("purge", stdout=out)
    assert out.getvalue().splitlines()[-1].startswith("5 gone. Report")
    # What went with its sender is not counted once more.
    assert PurgeCount.objects.filter(run__dry_run=False).exclude(purged=0).count() == 5


def test_days_are_set_by_two_officers(w: World, drain: Drain) -> None:
    parcel = _ended(w, 100)
    review = (timezone.now() + timedelta(days=365)).date()
    proposal = retention_periods.propose("codes", 90, review, by=w.act(w.gita), now=timezone.now())
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=timezone.now())

    assert drain("purge") == 1

    parcel.refresh_from_db()
    assert parcel.code_hash is None
    assert PurgeCount.objects.get(rule="codes").days == 90
