from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from parcels.models import Tick
from people.models import SavedReply, ThrottleWindow
from tests.factories import World

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
