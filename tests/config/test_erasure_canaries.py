"""Fifty people used through every interface, then erased: nothing of any of them is left anywhere."""

import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections, transaction

from config import database
from parcels import erasing, erasures_log, workers
from parcels.ledger import ledger_of, snapshots
from parcels.models import LedgerSnapshot, Movement
from people import actors, approvals, requests
from people.models import Erasure, Person, RightsRequest
from people.requests import Asked
from tests.config.canaries import search
from tests.config.canaries.people import CANARIES, plant
from tests.databases import WEB, Database, as_role
from tests.factories import NOON, World, registered, world

ALL = {each.number for each in CANARIES}


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that is logged, by the product's own formatter."""
    root = logging.getLogger()
    (stderr,) = (each for each in root.handlers if each.get_name() == "stderr")
    file = tmp_path_factory.mktemp("logs") / "all.log"
    handler = logging.FileHandler(file)
    handler.setFormatter(stderr.formatter)
    root.addHandler(handler)
    yield file
    root.removeHandler(handler)
    handler.close()


@pytest.fixture
def data(tmp_path: Path, settings: object) -> Path:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def _drained() -> None:
    with as_role("lifeline_worker"):
        for kind in workers.DRAINS:
            workers.drain(kind)


def _erase(w: World, person: Person) -> None:
    if Erasure.objects.filter(person=person).exists():
        return  # held to be one with another, and erased with them
    asked = Asked("erasure", "self", "counter", "paper", NOON, document="CARD")
    request = requests.record(person, asked, by=w.act(w.gita), now=NOON)
    proposal = erasing.propose_erasure(request, (), by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)


def _snapshot(w: World) -> None:
    with transaction.atomic():
        actors.announce(w.act(w.gita))
        snapshots.freeze(ledger_of(w.round.agreement, actor=w.act(w.gita), now=NOON), meets_on=None)


def test_of_fifty_erased_people_nothing_is_left(committed_db: Database, data: Path, log: Path) -> None:
    w = world()
    with time_machine.travel(NOON, tick=True):
        found = plant(w, data)
        _drained()
    _snapshot(w)
    assert len({person.pk for person in found.values()}) == len(ALL) == 50
    backup = _backup(committed_db)
    before = list(Movement.objects.order_by("pk").values_list("pk", "move", "details"))

    for person in found.values():
        _erase(w, person)
    with as_role("lifeline_worker"):
        workers.drain("erase")

    assert Erasure.objects.count() == len(ALL)
    assert not RightsRequest.objects.filter(kind="erasure", outcome=None).exists()
    everywhere = {
        "tables": search.in_the_clear(committed_db.owner_url),
        "sealed": search.opened(committed_db.owner_url),
        "redis": search.in_redis(),
        "caches": search.in_caches(),
        "files": search.in_files([data]),
        "logs": log.read_bytes(),
        "ledger": LedgerSnapshot.objects.get().text.encode(),
    }
    left = {where: search.readable(text) for where, text in everywhere.items() if search.left_in(text)}
    assert left == {}
    assert log.stat().st_size > 0
    # Nothing else went: the parcels' history stands as it was.
    assert list(Movement.objects.order_by("pk").values_list("pk", "move", "details")) == before
    _restored_is_erased_again(backup, committed_db)


def _backup(database_: Database) -> Database:
    """Copy the whole database, as a backup does."""
    connections.close_all()
    backup = Database(f"{database_.name}_backup")
    backup.make(database_)
    return backup


def _restored_is_erased_again(backup: Database, working: Database) -> None:
    try:
        # The search has teeth: before they were erased all of them are found.
        assert search.left_in(search.opened(backup.owner_url)) == ALL
        said = StringIO()
        database.use(backup.owner_url, system=True)
        call_command("erasures", "reapply", stdout=said)
        again = StringIO()
        call_command("erasures", "reapply", stdout=again)
        assert said.getvalue().startswith("50 of the file are in this database, 50 erased again, 44 entries")
        assert again.getvalue().startswith("50 of the file are in this database, 0 erased again, 0 entries")
        everything = search.in_the_clear(backup.owner_url) + search.opened(backup.owner_url)
        assert search.readable(everything) == ""
        assert Erasure.objects.count() == len(ALL)
    finally:
        database.use(working.url, role=WEB, system=True)
        backup.drop()


def test_reapplying_needs_the_owner(committed_db: Database, data: Path) -> None:
    parcel = registered(world())
    line = f'{{"at": "", "people": ["{parcel.sender.reference}"], "entries": [], "rule": "request"}}\n'
    (data / erasures_log.NAME).write_text(line)

    with pytest.raises(Exception, match="Run it as the owner"):
        call_command("erasures", "reapply")

    assert parcel.sender.facts.exists()
