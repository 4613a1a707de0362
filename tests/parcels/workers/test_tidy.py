from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from oauth2_provider.models import AccessToken

from parcels.models import Tick
from people import groups
from people.models import PossibleMatch, SavedReply, StaffSession, ThrottleWindow
from tests.factories import NOON, World, client
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

    for key, minutes in (("old", 481), ("new", 479)):
        began = now - timedelta(minutes=minutes)
        StaffSession.objects.create(
            staff=w.amina, session_key=key, way="app", began_at=began, seen_at=now, fresh_at=now,
            browser="Firefox",
        )  # fmt: skip

    assert [drain("tidy"), drain("tidy")] == [4, 0]

    assert [session.session_key for session in StaffSession.objects.all()] == ["new"]
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

    assert drain("tidy") == 1

    assert [question.other for question in PossibleMatch.objects.all()] == [people[2]]
