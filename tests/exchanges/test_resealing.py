"""What was wrapped by the key-encryption key itself lies under data keys after the migration, and still opens."""

import os
from base64 import b64encode
from contextlib import ExitStack
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from config import database
from exchanges import actions, resealing, sealed
from exchanges.actions import ROUND_KEY_PLACE
from exchanges.actions.prisoners import title_of
from exchanges.actions.visits import PURPOSES
from exchanges.models import Claim, Return, Round, Visit, Whereabouts
from exchanges.queries import words_of
from people import datakeys, vault
from people.models import Approval
from people.queries import key_of
from tests.databases import WEB, Database
from tests.exchanges import visits
from tests.factories import NOON, group_asked_for, world

DAY = date(2026, 11, 12)


def of_first_format(plain: bytes, place: str, key: bytes | None = None) -> bytes:
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(key or settings.KEYS.key("kek", 1)).encrypt(nonce, plain, place.encode())


def guards() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY oid")
        return cursor.fetchall()


def test_values_wrapped_before_are_sealed_under_data_keys(committed_db: Database) -> None:
    w = world()
    group = group_asked_for(w, "Vera Lake")
    visit = visits.scheduled(w)
    claim = actions.record_claim(
        group, actions.Statement("other", "x", DAY, w.south), by=w.act(w.gita), now=NOON
    )
    (vera,) = group.persons.all()
    where = actions.state_whereabouts(
        vera, "x", DAY, stated_by=w.south, responsible=None, by=w.act(w.gita), now=NOON
    )
    proposed = actions.propose_exchange(
        "n_for_n", one_side_id=w.north.pk, other_side_id=w.south.pk, title="x", with_staff_id=w.ivo.pk,
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    database.use(committed_db.owner_url, system=True)
    before = guards()
    title = b64encode(of_first_format("До зимы".encode(), "exchanges.prisoners")).decode()
    with transaction.atomic(), connection.cursor() as cursor, ExitStack() as stack:
        for table in ("exchanges_claim", "exchanges_return", "people_approval"):
            stack.enter_context(resealing.unguarded(cursor, table))
        for table, column, plain, place, pk in (
            ("exchanges_round", "sealed_key", b"r" * 32, "exchanges.round", w.round.pk),
            ("exchanges_visit", "sealed_place", b"Ward 7", "exchanges.visit.place", visit.pk),
            ("exchanges_return", "sealed_title", b"Six", "exchanges.return.title", group.pk),
            ("exchanges_claim", "sealed_words", b"Well", "exchanges.claim", claim.pk),
        ):
            statement = f"UPDATE {table} SET {column} = %s WHERE id = %s"
            cursor.execute(statement, [of_first_format(plain, place), pk])
        stack.enter_context(resealing.unguarded(cursor, "exchanges_whereabouts"))
        hostel = of_first_format(b"Hostel 4", sealed.WHEREABOUTS, key_of(vera.person_id))
        Whereabouts.objects.filter(pk=where.pk).update(sealed_place=hostel)
        Approval.objects.filter(pk=proposed.pk).update(details=proposed.details | {"sealed_title": title})

    with connection.schema_editor() as editor:
        resealing.seal_under_data_keys(None, editor)

    assert guards() == before
    kept: Any = Round.objects.get(pk=w.round.pk)
    key = datakeys.key_for("round", kept.pk)
    assert vault.unseal(key, kept.sealed_key, place=ROUND_KEY_PLACE, row=kept.pk) == (b"r" * 32).hex()
    where.refresh_from_db()
    assert vault.is_bound(where.sealed_place)
    keys = sealed.keys_of([vera.person_id]).people
    assert sealed.opened(keys[vera.person_id], where.sealed_place, sealed.WHEREABOUTS, where.pk) == "Hostel 4"
    visit, group, claim = Visit.objects.get(), Return.objects.get(), Claim.objects.get()
    assert sealed.told_of_return(group.sealed_title, sealed.TITLE, group.pk, group.pk) == "Six"
    assert words_of([claim]) == {claim.pk: "Well"}
    assert title_of(Approval.objects.get(pk=proposed.pk)) == "До зимы"
    database.use(committed_db.url, role=WEB, system=True)
    assert actions.look_up_place(visit, PURPOSES[0][0], by=w.act(w.elena), now=NOON) == "Ward 7"
