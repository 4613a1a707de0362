"""What lies under an older version of a key is brought to the one in use, and nothing is lost meanwhile."""

import json
import os
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.keys import Keyring
from parcels import receipt_codes, tracking
from parcels.actions.register import register
from parcels.declarations import RELATIONSHIP_PLACE, DeclaredLine
from parcels.declared import declared_items, declared_people
from parcels.models import Line, Parcel
from parcels.workers import rekey
from people import datakeys, lists, matching, throttle, vault
from people.actions import Telling, record_people
from people.facts import add_fact
from people.lists import Entry
from people.models import DataKey, Fact, ListEntry, MatchKey, NameKey, Person, PersonKey
from people.queries import names_of, people_named
from tests.databases import as_role
from tests.factories import NOON, World, declaration, registered, world
from tests.keyring import own, retired, rotated

pytestmark = pytest.mark.django_db
PAVLO = Telling("prisoner", "Павло Дім", "1990-01-02")


@pytest.fixture
def ring(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    # A rotation is followed at once: there are no other processes here.
    monkeypatch.setattr(rekey, "SETTLED_S", -1.0)
    monkeypatch.setattr(rekey, "_finished", set())
    return own(settings, tmp_path / "keys")


@pytest.fixture
def w(ring: Keyring) -> World:
    return world()


def rewrite() -> Counter[str]:
    """Rewrite as a worker does, in its role; return how many of what."""
    done: Counter[str] = Counter()
    with as_role("lifeline_worker"):
        rekey.drain(lambda: False, lambda each, rows: done.update({each.what: rows}))
    return done


def test_nothing_is_due_while_each_key_has_one_version(w: World, ring: Keyring) -> None:
    registered(w)

    assert rewrite() == Counter()


def test_nothing_is_due_before_all_know_the_version(
    w: World, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(w)
    monkeypatch.setattr(rekey, "SETTLED_S", 5.0)
    rotated(ring, "kek")

    assert rewrite() == Counter()
    assert set(PersonKey.objects.values_list("kek_version", flat=True)) == {1}


def test_kek_wraps_the_keys_anew_and_leaves_what_they_sealed(w: World, ring: Keyring) -> None:
    parcel = registered(w, relationship="mother")
    lists.keep_list(
        [Entry(2, "Kovalenko Ivan", "1985")], title="May", stated_on=date(2026, 5, 1), stated_by=w.south,
        by=w.act(w.amina), now=NOON,
    )  # fmt: skip
    sealed = list(Fact.objects.order_by("pk").values_list("sealed", flat=True))
    rotated(ring, "kek")
    newcomer = registered(w)

    done = rewrite()

    assert done["keys of people"] == 2
    assert done["keys of list entries"] == 1
    assert done["keys of subjects"] == DataKey.objects.count() > 0
    for table in (PersonKey, DataKey, ListEntry):
        assert {vault.kek_version(row.wrapped) for row in table.objects.all()} == {2}
        assert set(table.objects.values_list("kek_version", flat=True)) == {2}
    assert list(Fact.objects.order_by("pk").values_list("sealed", flat=True))[: len(sealed)] == sealed
    retired(ring, "kek", 1)
    assert declared_people(parcel, as_declared=False).sender["relationship"] == "mother"
    assert names_of([newcomer.recipient_id])
    assert rewrite() == Counter()


def test_stopped_worker_leaves_the_rest_to_the_next(
    w: World, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.rekeying.BATCH", 2)
    people = [Telling("prisoner", f"Name{'abcdefg'[n]}", "1990-01-02") for n in range(5)]
    record_people(people, organisation_id=w.north.pk, now=NOON)
    rotated(ring, "kek")
    calls = iter([False, True])
    with as_role("lifeline_worker"):
        assert rekey.rewrite(rekey.REWRITINGS[0], lambda: next(calls), lambda each, rows: None) == 2

    assert PersonKey.objects.filter(kek_version=1).count() == 3
    assert rewrite()["keys of people"] == 3


def test_search_key_finds_by_both_versions_and_is_rewritten(w: World, ring: Keyring) -> None:
    (pavlo,) = record_people([PAVLO], organisation_id=w.north.pk, now=NOON)
    person = Person.objects.get(pk=pavlo.id)
    add_fact(person, "other_name", "Павло Гай", source_id=w.north.pk, by=w.act(w.gita), now=NOON)
    matching.file_keys((each.id, each.told) for each in matching.opened([pavlo.id]).values())
    before = set(NameKey.objects.filter(person=person).values_list("key", flat=True))
    filed = set(MatchKey.objects.filter(person=person).values_list("key", flat=True))

    rotated(ring, "search")

    assert people_named("Pavlo Dim") == people_named("Гай") == [person.pk]
    (again,) = record_people([PAVLO], organisation_id=w.north.pk, now=NOON)
    assert again.id == pavlo.id  # not recorded twice
    (twin,) = record_people([PAVLO], organisation_id=w.harbour.pk, now=NOON)
    near = matching.candidates([(twin.id, matching.opened([twin.id])[twin.id].told)])
    assert near[twin.id] == {pavlo.id}

    assert rewrite()["people found by their names"] == 1  # the twin was recorded under the new one
    after = set(NameKey.objects.filter(person=person).values_list("key", flat=True))
    assert (len(after), after & before) == (len(before), set())
    assert not filed & set(MatchKey.objects.filter(person=person).values_list("key", flat=True))
    retired(ring, "search", 1)
    assert people_named("Pavlo Dim") == [pavlo.id, twin.id]
    assert people_named("Гай") == [person.pk]
    (again,) = record_people([PAVLO], organisation_id=w.north.pk, now=NOON)
    assert again.id == pavlo.id


def test_identity_is_made_again_with_contact_and_external_id(w: World, ring: Keyring) -> None:
    olha = Telling(
        "sender",
        "Olha Home",
        "1960",
        contact={"phone": "+999555010", "email": "olha@example.org"},
        external_id="S-1",
    )
    (first,) = record_people([olha], organisation_id=w.north.pk, now=NOON)
    rotated(ring, "search")
    rewrite()
    retired(ring, "search", 1)

    (again,) = record_people([olha], organisation_id=w.north.pk, now=NOON + timedelta(days=1))

    assert (again.id, Person.objects.filter(pk__gte=first.id).count()) == (first.id, 1)


def test_erased_person_is_passed_over(w: World, ring: Keyring) -> None:
    # What the owner's function leaves of somebody: the row, without a key.
    pavlo = Person.objects.create(kind="prisoner", organisation=w.north)
    NameKey.objects.create(person=pavlo, key=bytes(16))
    for name in ("kek", "search"):
        rotated(ring, name)

    rewrite()

    assert Person.objects.get(pk=pavlo.id).search_version == 2
    assert not NameKey.objects.filter(person=pavlo.id).exists()
    assert rewrite() == Counter()


def test_receipt_code_is_answered_before_during_and_after_the_look_up_key_rotates(
    w: World, ring: Keyring
) -> None:
    parcel = registered(w)
    code = receipt_codes.code_of(parcel.seed, parcel.code_key_version)
    rotated(ring, "lookup", in_use=False)
    assert tracking.track(code, now=timezone.now()) is not None
    rotated(ring, "lookup")
    assert tracking.track(code, now=timezone.now()) is not None
    newcomer = registered(w)
    new_code = receipt_codes.code_of(newcomer.seed, newcomer.code_key_version)

    assert rewrite()["receipt codes"] == 1

    retired(ring, "lookup", 1)
    assert tracking.track(code, now=timezone.now()) is not None
    assert tracking.track(new_code, now=timezone.now()) is not None
    assert set(Parcel.objects.values_list("lookup_key_version", flat=True)) == {3}


def test_code_key_changes_new_parcels_only(w: World, ring: Keyring) -> None:
    old = registered(w)
    code = receipt_codes.code_of(old.seed, old.code_key_version)
    rotated(ring, "code")
    new = registered(w)

    assert rewrite() == Counter()

    old.refresh_from_db()
    assert (old.code_key_version, new.code_key_version) == (1, 2)
    assert receipt_codes.code_of(old.seed, old.code_key_version) == code
    assert tracking.track(code, now=timezone.now()) is not None
    assert rekey.needing("code", 1) == {"receipt codes": 1}


def test_repeat_of_a_declaration_is_known_after_the_search_key_went(w: World, ring: Keyring) -> None:
    told = declaration(external_id="E-1")
    (first,) = register([told], round_=w.round, by=w.act(w.amina), now=NOON)
    rotated(ring, "search")
    retired(ring, "search", 1)

    (again,) = register([told], round_=w.round, by=w.act(w.amina), now=NOON)
    (other,) = register([told._replace(declared_mass_g=7_000)], round_=w.round, by=w.act(w.amina), now=NOON)

    assert (again.result, again.number) == ("unchanged", first.number)
    assert (other.result, other.problem) == ("rejected", "external-id-reused")


def test_declaration_of_before_is_compared_by_the_search_key_as_long_as_it_lives(
    w: World, ring: Keyring
) -> None:
    told = declaration(external_id="E-1")
    register([told], round_=w.round, by=w.act(w.amina), now=NOON)
    Parcel.objects.update(content_hash=vault.search_key(told.canonical(w.round.pk)))
    rotated(ring, "search")

    (again,) = register([told], round_=w.round, by=w.act(w.amina), now=NOON)

    assert again.result == "unchanged"
    assert rekey.needing("search", 1)["declarations"] == 1


def test_throttle_counts_one_try_once_while_its_key_rotates(w: World, ring: Keyring) -> None:
    def take() -> bool:
        return throttle.take("track:192.0.2.0/24", 3, timedelta(minutes=1)).allowed

    assert [take(), take()] == [True, True]
    rotated(ring, "search", in_use=False)
    assert [take(), take()] == [True, False]
    number = rotated(ring, "search")
    assert take() is False
    # Under the newer one all was counted from its introduction on.
    retired(ring, "search", 1)
    retired(ring, "search", 2) if number == 3 else None
    assert take() is True


def of_first_format(key: bytes, text: str, place: str) -> bytes:
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def test_values_of_the_first_format_are_bound_to_their_rows(w: World, ring: Keyring) -> None:
    parcel = registered(w, relationship="mother", lines=(DeclaredLine("socks", 2, 100),))
    key = vault.unwrap(PersonKey.objects.get(pk=parcel.sender_id).wrapped, row=parcel.sender_id)
    sealed = of_first_format(key, "mother", RELATIONSHIP_PLACE)
    line = of_first_format(key, "socks", "parcels.line")
    fact = Fact.objects.create(
        person=parcel.sender,
        kind="term",
        source=w.north,
        sealed=of_first_format(key, "aunt", vault.FACT_PLACE),
    )
    Parcel.objects.update(sealed_relationship=sealed)
    Line.objects.update(sealed_description=line)
    listed = lists.keep_list(
        [Entry(2, "Kovalenko Ivan", "1985")], title="May", stated_on=date(2026, 5, 1), stated_by=w.south,
        by=w.act(w.amina), now=NOON,
    )  # fmt: skip
    entry = ListEntry.objects.get()
    entry_key = vault.unwrap(entry.wrapped, row=f"{listed.pk}/2", place="people.listentry.key")
    told = json.dumps({"name": "Kovalenko Ivan", "birth_date": "1985", "service_number": "", "note": ""})
    with as_role("lifeline_worker"):
        ListEntry.objects.update(sealed=of_first_format(entry_key, told, "people.listentry"))
    rotated(ring, "kek")

    done = rewrite()

    assert [done[what] for what in (
        "people_fact.sealed", "people_listentry.sealed", "parcels_line.sealed_description",
        "parcels_parcel.sealed_relationship",
    )] == [1, 1, 1, 1]  # fmt: skip
    parcel.refresh_from_db()
    fact.refresh_from_db()
    assert vault.is_bound(fact.sealed)
    assert vault.unseal(key, fact.sealed, place=vault.FACT_PLACE, row=fact.pk) == "aunt"
    assert declared_people(parcel, as_declared=False).sender["relationship"] == "mother"
    assert [item["description"] for item in declared_items(parcel, as_declared=False)] == ["socks"]
    assert [each.entry for each in lists.entries_of(listed)] == [Entry(2, "Kovalenko Ivan", "1985")]
    assert rewrite() == Counter()


@pytest.mark.parametrize(
    "change",
    [
        "sealed = sealed || '\\x00'",
        "kind = 'name'",
        "sealed = '\\x02' || sealed, kind = 'name'",
        "sealed = '\\x01aa'",
    ],
)
def test_database_lets_nothing_but_the_binding_of_a_fact_pass(w: World, ring: Keyring, change: str) -> None:
    parcel = registered(w)
    fact = Fact.objects.create(
        person=parcel.sender,
        kind="term",
        source=w.north,
        sealed=of_first_format(bytes(32), "a", "people.fact"),
    )
    bound = Fact.objects.filter(person=parcel.sender).order_by("pk")[0]

    for row, what in ((fact, change), (bound, "sealed = '\\x02' || sealed")):
        with (
            as_role("lifeline_worker"),
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE people_fact SET {what} WHERE id = %s", [row.pk])
        before = bytes(row.sealed)
        row.refresh_from_db()
        assert bytes(row.sealed) == before


def test_key_of_a_subject_is_made_once_and_what_it_sealed_goes_with_it(w: World, ring: Keyring) -> None:
    sealed = datakeys.seal("visit", 7, "Ward 7", place="a", row=1)
    assert datakeys.unseal("visit", 7, sealed, place="a", row=1) == "Ward 7"
    assert datakeys.key_for("visit", 7) == datakeys.key_for("visit", 7) != datakeys.key_for("visit", 8)

    with as_role("lifeline_worker"):
        DataKey.objects.filter(kind="visit", subject=7).delete()

    assert datakeys.unseal("visit", 7, sealed, place="a", row=1) == "erased"
