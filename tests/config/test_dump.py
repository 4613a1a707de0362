"""What somebody who carries the database away can read of people, and of ways: nothing."""

import re
from datetime import date

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings

from exchanges import actions
from parcels import codes, places, routes, settling
from parcels.actions import Step, advance
from parcels.declarations import DeclaredLine
from parcels.models import Movement
from people import detention
from people.access import Tie
from people.actions import Telling
from people.facts import add_fact
from tests.databases import Database
from tests.exchanges import visits
from tests.factories import NOON, dispatched, group_asked_for, registered, wished, world

CANARIES = (
    "Zolotareva",
    "Золотарёва",
    "+999555010",
    "canary@example.org",
    "Marusia",
    "S-CANARY",
    "1987-06-05",
    "Camp Canary",
    "Zolotaryova",
    "taken from Canary",
)


def dump(url: str) -> bytes:
    """Return every row of every table as text, and what its bytes say."""
    found = b""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for data in copy:
                    text = bytes(data)
                    found += text
                    found += b"".join(
                        bytes.fromhex(value.decode())
                        for value in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", text)
                    )
    return found


@pytest.mark.usefixtures("committed_db")
def test_dump_names_nobody_and_opens_nothing(committed_db: Database) -> None:
    w = world()
    parcel = registered(
        w,
        sender=Telling(
            "sender", "Zolotareva Marusia", contact={"phone": "+999555010", "email": "canary@example.org"}
        ),
        recipient=Telling("prisoner", "Золотарёва Паша", "1987-06-05", "S-CANARY"),
        lines=(DeclaredLine("letter from Marusia", 1, 20),),
        relationship="sister of Marusia",
    )  # fmt: skip
    settling.write_note(parcel, parcel.sender_id, "Marusia called", by=w.act(w.gita), now=NOON)
    detention.state(
        parcel.recipient, detention.Stated("Camp Canary", "2026", "", "one_side", w.south.pk),
        by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON,
    )  # fmt: skip
    for kind, text in (("name_latin", "Zolotaryova Pasha"), ("term", "taken from Canary")):
        add_fact(parcel.recipient, kind, text, source_id=w.south.pk, by=w.act(w.gita), now=NOON)
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))

    taken = dump(committed_db.owner_url)

    assert parcel.number.encode() in taken  # the dump holds what it should
    assert [canary for canary in CANARIES if canary.encode() in taken] == []
    assert [form for form in (code, code.replace("-", "")) if form.encode() in taken] == []


@pytest.mark.usefixtures("committed_db")
def test_dump_tells_nothing_of_returns_and_claims(committed_db: Database) -> None:
    w = world()
    group = group_asked_for(w, "Zolotareva Marusia", title="Canaryville six", region="Canaryville")
    member, gita, on = group.persons.get(), w.act(w.gita), date(2026, 11, 12)
    wished(w, member, words="Canary wish")
    actions.state_whereabouts(
        member, "Canary hostel", on, stated_by=w.south, responsible=None, by=gita, now=NOON
    )
    actions.state_count(
        group, 6, "returned", stated_by=w.north, said_on=on, words="Canary scope", by=gita, now=NOON
    )
    for subject in (member.person, group, "PZ123456785ZZ"):
        claim = actions.record_claim(
            subject, actions.Statement("other", "Canary claim", on, w.south), by=gita, now=NOON
        )
        actions.assess_claim(
            claim, "disputed", reason="differs", assessed_on=on, note="Canary note", by=gita, now=NOON
        )

    taken = dump(committed_db.owner_url)

    assert group.reference.encode() in taken
    assert [
        canary for canary in (b"Canary", b"Zolotareva", b"Marusia", b"1951-02-03") if canary in taken
    ] == []


@pytest.mark.usefixtures("committed_db")
def test_dump_tells_no_route_no_intermediary_and_no_place_on_the_way(committed_db: Database) -> None:
    w = world()
    parcel = dispatched(w)
    into = parcel.consignment
    assert into is not None
    routes.tell(
        into, routes.Route("Canary Lines", "by Canaryville", "The Canary Order", "Bridge of Canary"),
        by=w.act(w.dawit), now=NOON,
    )  # fmt: skip
    early = registered(w)
    steps = [
        Step(parcel.number, "entrust", NOON, "e-1", {"place": "Canary depot"}),
        Step(
            early.number, "hand_over", NOON, "h-1", {"place": "Canary bridge", "act": "A-1"}
        ),  # observed only
    ]
    assert [each.result for each in advance(steps, by=w.act(w.farid), now=NOON)] == ["moved", "observed"]
    actions.set_place(visits.scheduled(w), "Canary ward", by=w.act(w.elena), now=NOON)

    taken = dump(committed_db.owner_url)

    assert into.number.encode() in taken
    assert b"Canary" not in taken
    for held, number in ((parcel, parcel.last_number + 1), (early, 2)):
        movement = Movement.objects.get(parcel=held, number=number)
        opener = places.Opener(held.pk, held.round_id)
        assert opener.opened(movement.move, number, movement.details)["place"].startswith("Canary ")


def test_place_moved_to_another_parcel_does_not_open(db: None) -> None:
    w = world()
    one, other = registered(w), registered(w)
    key = places.key_for(w.round.pk)
    kept = places.sealed({"place": "Canary bridge"}, key, one.pk, 2)

    assert places.Opener(one.pk, w.round.pk).opened("entrust", 2, kept) == {"place": "Canary bridge"}
    for parcel, number in ((other.pk, 2), (one.pk, 3)):
        with pytest.raises(InvalidTag):
            places.Opener(parcel, w.round.pk).opened("entrust", number, kept)
