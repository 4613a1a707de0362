"""Claims, leases and ends: at least once, in order, with one id and one body; a zombie changes nothing."""

from collections.abc import Callable
from email import message_from_file, policy
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from people.models import Delivery, Endpoint, Grant
from people.relay import queue, telling
from people.relay.queue import Claim
from people.relay.schedule import AFTER_S, ATTEMPTS, Outcome
from tests.databases import as_role
from tests.factories import NOON
from tests.people.relay.conftest import WORKER, due_now, endpoint, tell
from tests.receivers import receiving

Send = Callable[[], bool]
DONE = Outcome("status 204", delivered=True)
FAILED = Outcome("status 500")
FAR = "https://partner.example/hook"


@pytest.fixture(autouse=True)
def _db(db: None) -> None:
    pass


def claim(*, slow_too: bool = True) -> Claim | None:
    with as_role(WORKER):
        return queue.claim(slow_too=slow_too)


def finish(claimed: Claim, outcome: Outcome, took_ms: int) -> bool:
    with as_role(WORKER):
        return queue.finish(claimed, outcome, took_ms)


def withhold(claimed: Claim) -> bool:
    with as_role(WORKER):
        return queue.withhold(claimed)


def fail(times: int, outcome: Outcome = FAILED) -> None:
    for _ in range(times):
        due_now()
        claimed = claim()
        assert claimed is not None
        assert finish(claimed, outcome, 12)


def until_next_s(to: Endpoint) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM next_try_at - clock_timestamp()) FROM people_endpoint WHERE id = %s",
            [to.pk],
        )
        return float(cursor.fetchone()[0])


def test_delivery_is_sent_with_its_id_and_its_body(settings: Settings, send: Send) -> None:
    with receiving() as receiver:
        (delivery,) = tell(endpoint(settings, receiver.url), "head:1")
        assert send()
        assert not send()

    (got,) = receiver.got
    assert (got.id, got.body) == (f"msg_{delivery.reference}", delivery.body)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.reason) == ("delivered", 1, "status 204")
    assert delivery.endpoint.lease is None


def test_one_that_failed_is_sent_again_the_same_and_before_all_that_follows(
    settings: Settings, send: Send
) -> None:
    with receiving(500, 204) as receiver:
        to = endpoint(settings, receiver.url)
        first, second = tell(to, "head:1", "head:2")
        assert send()
        assert not send()  # its next try has not come, and nothing overtakes it
        assert AFTER_S[0] - 1 < until_next_s(to) <= AFTER_S[0] * 1.05
        due_now()
        assert send()
        assert send()

    ids = [got.id for got in receiver.got]
    assert ids == [f"msg_{each.reference}" for each in (first, first, second)]
    assert receiver.got[0].body == receiver.got[1].body


def test_attempt_is_counted_before_it_is_made(settings: Settings) -> None:
    tell(endpoint(settings, FAR), "head:1")

    claimed = claim()

    assert claimed is not None
    assert Delivery.objects.get().attempts == 1
    assert claim() is None  # its lease holds


def test_one_who_lost_the_lease_changes_nothing(settings: Settings) -> None:
    tell(endpoint(settings, FAR), "head:1", "head:2")
    zombie = claim()
    due_now()
    heir = claim()
    assert zombie is not None
    assert heir is not None
    assert heir.delivery.pk == zombie.delivery.pk

    assert not finish(zombie, DONE, 5)
    assert not withhold(zombie)
    assert [each.state for each in Delivery.objects.order_by("pk")] == ["waiting", "waiting"]
    assert Endpoint.objects.get().lease == heir.lease

    assert finish(heir, DONE, 5)
    assert not finish(zombie, FAILED, 5)
    assert [each.state for each in Delivery.objects.order_by("pk")] == ["delivered", "waiting"]


def test_waits_grow_as_the_standard_says(settings: Settings) -> None:
    to = endpoint(settings, FAR)
    tell(to, "head:1")

    for after_s in AFTER_S:
        fail(1)
        assert after_s - 2 < until_next_s(to) <= after_s * 1.05


def test_after_the_last_attempt_it_is_in_quarantine_and_the_contact_hears_of_it(
    settings: Settings, send: Send, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    to = endpoint(settings, FAR, contact="it@partner.example")
    first, second = tell(to, "head:1", "head:2")

    fail(ATTEMPTS)

    first.refresh_from_db()
    to.refresh_from_db()
    assert (first.state, first.attempts, first.reason) == ("quarantined", ATTEMPTS, "status 500")
    assert (to.status, to.disabled_because) == ("disabled", "exhausted")
    due_now()
    assert send()  # the mail, and nothing else
    assert not send()
    assert Delivery.objects.get(pk=second.pk).state == "waiting"
    (path,) = tmp_path.iterdir()
    with path.open() as file:
        mail = message_from_file(file, policy=policy.default)
    assert mail["To"] == "it@partner.example"
    assert to.reference in mail.get_content()
    assert mail["Message-ID"].startswith("<msg_")


def test_relay_that_died_with_the_last_attempt_leaves_it_to_quarantine(settings: Settings) -> None:
    to = endpoint(settings, FAR)
    tell(to, "head:1")
    fail(ATTEMPTS - 1)
    due_now()
    assert claim() is not None  # and is killed
    due_now()

    assert claim() is None

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("quarantined", ATTEMPTS)
    assert delivery.reason == "no end of the last attempt"
    to.refresh_from_db()
    assert to.status == "disabled"
    assert to.lease is None


def test_endpoint_that_is_gone_is_disabled_at_once_and_its_delivery_waits(
    settings: Settings, send: Send
) -> None:
    with receiving(410) as receiver:
        to = endpoint(settings, receiver.url, contact="it@partner.example")
        (delivery,) = tell(to, "head:1")
        assert send()

    to.refresh_from_db()
    delivery.refresh_from_db()
    assert (to.disabled_because, delivery.state) == ("gone", "waiting")
    assert Delivery.objects.filter(event=queue.DISABLED, endpoint__kind="mail").count() == 1


def test_receiver_that_asks_for_time_is_given_it(settings: Settings, send: Send) -> None:
    with receiving(429, Retry_After="300") as receiver:
        to = endpoint(settings, receiver.url)
        tell(to, "head:1")
        assert send()

    assert 299 < until_next_s(to) <= 300 * 1.05


def test_who_waited_longest_is_next(settings: Settings) -> None:
    """An endpoint with a long list does not hold up one with a short."""
    long, short = endpoint(settings, FAR), endpoint(settings, FAR)
    tell(long, *(f"head:{n}" for n in range(5)))
    tell(short, "head:9")
    served = []
    for _ in range(3):
        claimed = claim()
        assert claimed is not None
        served.append(claimed.endpoint.pk)
        finish(claimed, DONE, 1)

    assert served == [long.pk, short.pk, long.pk]


def test_slow_endpoint_is_left_to_the_senders_for_those(settings: Settings) -> None:
    to = endpoint(settings, FAR)
    tell(to, "head:1", "head:2", "head:3")
    claimed = claim()
    assert claimed is not None
    finish(claimed, DONE, 9_000)

    assert claim(slow_too=False) is None
    again = claim(slow_too=True)
    assert again is not None
    finish(again, DONE, 3)
    assert claim(slow_too=False) is not None


def test_nothing_is_claimed_for_a_system_that_may_read_nothing_any_more(settings: Settings) -> None:
    to = endpoint(settings, FAR)
    tell(to, "head:1")
    Grant.objects.filter(client=to.client).update(until_at=NOON)
    assert claim() is None
    Grant.objects.filter(client=to.client).update(until_at=None)
    assert to.client is not None
    to.client.active = False
    to.client.save()
    assert claim() is None
    assert Delivery.objects.get().attempts == 0


def test_what_is_about_one_thing_is_told_once(settings: Settings) -> None:
    to = endpoint(settings, FAR)
    tell(to, "head:1")
    tell(to, "head:1", "head:2")

    assert list(Delivery.objects.order_by("pk").values_list("key", flat=True)) == ["head:1", "head:2"]


@pytest.mark.parametrize(
    "change",
    [
        "body = '{}'",
        "reference = 'another'",
        "key = 'head:2'",
        "event = 'x'",
        "endpoint_id = endpoint_id + 1",
    ],
)
def test_database_refuses_another_body_or_id(settings: Settings, change: str) -> None:
    """By the trigger, where a server gives no roles; by the role's rights, where it does."""
    tell(endpoint(settings, FAR), "head:1")
    before = Delivery.objects.values().get()

    for role in (WORKER, "lifeline_web"):
        with as_role(role), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE people_delivery SET {change}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'people_delivery'::regclass"
            " AND tgname = 'delivery_stands' AND tgenabled = 'A'"
        )
        assert cursor.fetchone() == (1,)
    assert Delivery.objects.values().get() == before


def test_mail_that_cannot_be_sent_holds_up_no_webhook(settings: Settings, send: Send) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with receiving() as receiver:
        to = endpoint(settings, receiver.url)
        telling.mail("it@partner.example", to, queue.DISABLED, "disabled:1", "Subject", "Text")
        tell(to, "head:1")
        assert send()
        assert send()
        assert not send()

    mail = Delivery.objects.get(event=queue.DISABLED)
    assert (mail.state, mail.attempts, mail.reason) == ("waiting", 1, "connection failed")
    assert len(receiver.got) == 1


def test_mails_of_one_address_share_a_mailbox_and_its_failure_disables_nothing(
    settings: Settings,
) -> None:
    to = endpoint(settings, FAR)
    for number in (1, 2):
        telling.mail("it@partner.example", to, queue.DISABLED, f"disabled:{number}", "Subject", "Text")
    fail(ATTEMPTS, Outcome("smtp 550"))

    mailbox = Endpoint.objects.get(kind="mail")
    assert mailbox.status == "active"
    states = mailbox.deliveries.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["quarantined", "waiting"]
