"""The one function that records, and what stands whatever becomes of the transaction around."""

import psycopg
import pytest
from django.db import connection, transaction

from people import audit
from people.acts import ACTS, Act
from people.audit import By, Trail, following, record, refuse
from people.models import AuditEntry
from tests.databases import Database
from tests.factories import NOON, client, world


def rows(*fields: str) -> list[tuple[object, ...]]:
    return list(AuditEntry.objects.order_by("pk").values_list(*fields))


@pytest.mark.django_db
def test_entry_says_who_of_what_and_what_for() -> None:
    w = world()
    system = client(w.harbour, "liaison")

    record(w.act(w.gita), Act.SEE_DETENTION, "person", 7, purpose="verification", now=NOON)
    record(system, Act.READ_PERSON, "person", [8, 9])
    record(By.WORKER, Act.PURGED)
    record(By.COMMAND, "keys_locked")

    assert rows("by", "staff", "client", "organisation", "act", "subject_kind", "subject", "purpose", "outcome") == [
        ("staff", w.gita.pk, None, w.north.pk, "see_detention", "person", 7, "verification", "done"),
        ("client", None, system.pk, w.harbour.pk, "read_person", "person", 8, "", "done"),
        ("client", None, system.pk, w.harbour.pk, "read_person", "person", 9, "", "done"),
        ("worker", None, None, None, "purged", "", None, "", "done"),
        ("command", None, None, None, "keys_locked", "", None, "", "done"),
    ]  # fmt: skip
    assert AuditEntry.objects.earliest("pk").at == NOON


@pytest.mark.django_db
def test_act_that_is_not_listed_is_refused_and_nothing_recorded() -> None:
    with pytest.raises(KeyError):
        record(By.WORKER, "peeped")
    assert rows() == []


def test_every_act_has_one_plain_line() -> None:
    assert [act for act in ACTS.values() if not act.meaning.endswith(".") or "\n" in act.meaning] == []
    assert [act for act in ACTS if len(act) > 40] == []


@pytest.mark.django_db
def test_unknown_account_is_kept_as_a_keyed_hash() -> None:
    with following(Trail()):
        refuse(By.STRANGER, Act.SIGN_IN_REFUSED, name="Nobody Known")
        refuse(By.STRANGER, Act.SIGN_IN_REFUSED, name="nobody known")

    (first,), (second,) = rows("name_hash")
    assert (len(str(first)), first == second, "nobody" in str(first).lower()) == (32, True, False)


@pytest.mark.django_db
def test_nobody_changes_or_deletes_an_entry() -> None:
    record(By.WORKER, Act.PURGED)
    for change in (
        lambda: AuditEntry.objects.update(act="x"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE people_auditentry CASCADE"),
    ):
        with pytest.raises(Exception, match=r"permission denied|append-only"), transaction.atomic():
            change()
    assert rows("act") == [("purged",)]


def test_look_that_is_rolled_back_was_no_look(committed_db: Database) -> None:
    w = world()
    with transaction.atomic():
        record(w.act(w.gita), Act.OPEN_PERSON, "person", 7)
        transaction.set_rollback(True)
    assert rows() == []


def test_refusal_stands_though_all_around_is_rolled_back(committed_db: Database) -> None:
    w = world()
    with transaction.atomic():
        refuse(w.act(w.gita), Act.SEE_DETENTION, "person", 7)
        transaction.set_rollback(True)
    assert rows("act", "outcome", "staff") == [("see_detention", "refused", w.gita.pk)]


def test_refusal_of_a_request_is_written_when_it_is_over(committed_db: Database) -> None:
    w = world()
    with following(Trail(reference="ABC", route="page", origin="net")), transaction.atomic():
        refuse(w.act(w.gita), Act.SEE_DETENTION)
        assert rows() == []
        transaction.set_rollback(True)
    assert rows("act", "request", "route", "origin") == [("see_detention", "ABC", "page", "net")]
    assert audit.trail().reference == ""


@pytest.mark.django_db
def test_origin_tells_networks_apart_and_names_none() -> None:
    here, there = audit.origin_of("192.0.2.0/24"), audit.origin_of("198.51.100.0/24")
    assert here != there == audit.origin_of("198.51.100.0/24")
    assert (len(here), "192" in here, audit.origin_of("127.0.0.0/24")) == (12, False, "this machine")


def test_columns_agree_with_who_it_was(committed_db: Database) -> None:
    with psycopg.connect(committed_db.owner_url) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(
            "INSERT INTO people_auditentry (by, act, subject_kind, purpose) VALUES ('staff', 'sign_in', '', '')"
        )
