"""Every key rotated while real web processes answer families, staff and partners: no request fails."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import requests
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from config import middleware
from config.database import Addresses
from config.keys import NAMES, Keyring, files, rotating
from config.launcher import programs
from config.launcher.processes import Crew
from parcels import receipt_codes
from parcels.models import Parcel
from parcels.workers import rekey
from people.actions import Telling
from people.models import Client, DataKey, PersonKey
from people.queries import names_of
from tests import partners
from tests.databases import Database, as_role
from tests.factories import World, registered, world
from tests.keyring import own
from tests.parcels.admin.desk import opened_person, signed_in

# Longer than a process takes to look, shorter than the product waits to be on the safe side.
KNOWN_S = 1.5


@pytest.fixture
def ring(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    folder = tmp_path / "keys"
    monkeypatch.setenv("LIFELINE_KEYS", str(folder))
    settings.KEYS_FOLDER = folder
    ring = own(settings, folder)
    ring.when_changed(middleware.use_secrets)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = ring.secret, []
    monkeypatch.setattr(rekey, "SETTLED_S", KNOWN_S)
    monkeypatch.setattr(rekey, "_finished", set())
    return ring


@contextmanager
def web(database: Database, data: Path) -> Iterator[str]:
    """Run the product's web server, as `up` does."""
    crew = Crew(lambda line: None)
    (data / "logs").mkdir(parents=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        addresses = Addresses(database.url, database.owner_url, configured.REDIS_URL)
        environment = programs.Environment(addresses, data, 0, has_roles=True)
        server, *_ = programs.lasting(environment, listener.fileno())
        try:
            child = crew.start(server)
            crew.wait_for(child, lambda: answers(url), seconds=60)
            yield url
        finally:
            crew.stop()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/livez", timeout=2).ok
    except requests.RequestException:
        return False


class Load:
    """Each caller asks again and again, in a thread of its own; what is not as it should be is kept."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.failed: list[str] = []
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, name: str, ask: Callable[[], str | None]) -> None:
        """:param ask: returns what was wrong, or nothing"""
        self._threads.append(threading.Thread(target=self._run, args=(name, ask)))

    def _run(self, name: str, ask: Callable[[], str | None]) -> None:
        while not self._over.is_set():
            try:
                wrong = ask()
            except Exception as error:
                wrong = repr(error)
            self.asked[name] += 1
            if wrong:
                self.failed.append(f"{time.monotonic():.1f} {name}: {wrong}")

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()


def families(url: str, code: str) -> Callable[[], str | None]:
    caller = requests.Session()

    def ask() -> str | None:
        caller.get(url, timeout=10)
        form = {"receipt_code": code, "csrfmiddlewaretoken": caller.cookies["csrf"]}
        page = caller.post(url, form, headers={"Referer": url, "Origin": url}, timeout=10)
        told = caller.post(f"{url}/api/v1/track/", json={"receipt_code": code}, timeout=10)
        return None if page.ok and told.ok else f"{page.status_code} {told.status_code} {told.text[:200]}"

    return ask


def staff(url: str, w: World, person: int, name: str) -> Callable[[], str | None]:
    caller = requests.Session()
    gita = signed_in(w.gita)
    assert name in opened_person(gita, person).content.decode()
    caller.cookies["session"] = gita.cookies["session"].value

    def ask() -> str | None:
        page = caller.get(f"{url}/admin/people/person/{person}/change/", timeout=10, allow_redirects=False)
        form = {"q": name, "csrfmiddlewaretoken": caller.cookies["csrf"]}
        found = caller.post(
            f"{url}/admin/people/person/", form, headers={"Origin": url}, timeout=10, allow_redirects=False
        )
        if page.status_code != 200 or name not in page.text:
            return f"page {page.status_code}"
        return (
            None
            if found.status_code == 200 and f"/{person}/" in found.text
            else f"search {found.status_code}"
        )

    return ask


def partner(url: str, token: str) -> Callable[[], str | None]:
    caller, numbers = requests.Session(), count(1)
    caller.headers["Authorization"] = f"Bearer {token}"

    def ask() -> str | None:
        body, key = partners.declaration(), f"load-{token}-{next(numbers)}"
        first, again = (
            caller.post(f"{url}/api/v1/parcels/", json=body, headers={"Idempotency-Key": key}, timeout=20)
            for _ in range(2)
        )
        # The same declaration under another key is told from a change by its content.
        third = caller.post(
            f"{url}/api/v1/parcels/", json=body, headers={"Idempotency-Key": f"{key}-b"}, timeout=20
        )
        people = caller.get(f"{url}/api/v1/people/", timeout=20)
        statuses = [each.status_code for each in (first, again, third, people)]
        if statuses != [201, 201, 200, 200] or first.json() != again.json():
            return f"{statuses} {first.text[:150]} {again.text[:150]} {third.text[:150]}"
        code = first.json()["receipt_code"]
        told = caller.post(f"{url}/api/v1/track/", json={"receipt_code": code}, timeout=10)
        return None if told.ok else f"track {told.status_code}"

    return ask


def rotate(name: str) -> None:
    """Rotate as the command does, and rewrite as the worker does."""
    rotating.rotate(name, wait=lambda seconds: time.sleep(KNOWN_S))
    time.sleep(KNOWN_S)
    with as_role("lifeline_worker"):
        rekey.drain(lambda: False)


def test_every_key_is_rotated_under_load_and_no_request_fails(
    committed_db: Database, ring: Keyring, tmp_path: Path
) -> None:
    w = world()
    parcel = registered(w, recipient=Telling("prisoner", "Stepan Rare", "1990"))
    (name,) = names_of([parcel.recipient_id]).values()
    code = receipt_codes.code_of(parcel.seed, parcel.code_key_version)
    token = partners.partner(w.north, "registrar", "liaison").token
    # It lists all whom it declares, again and again.
    Client.objects.update(people_an_hour=1_000_000)
    load = Load()
    with web(committed_db, tmp_path / "data") as url:
        load.add("families", families(url, code))
        load.add("staff", staff(url, w, parcel.recipient_id, name))
        load.add("partners", partner(url, token))
        with load.running():
            for key in NAMES:
                before = load.asked.copy()
                rotate(key)
                assert all(load.asked[caller] > before[caller] for caller in load.asked), key
            for key in ("kek", "lookup"):
                # Whoever registered a moment before it was put to use has committed by now.
                rotate_again = rekey.needing(key, 1)
                assert not any(rotate_again.values()), (key, rotate_again)
                rotating.retire(key, 1, quiet_s=0)
            time.sleep(KNOWN_S)

    (tmp_path / "asked.json").write_text(json.dumps({**load.asked, "failed": len(load.failed)}))
    assert load.failed == []
    assert min(load.asked.values()) > 10
    assert set(PersonKey.objects.values_list("kek_version", flat=True)) == {2}
    assert set(DataKey.objects.values_list("kek_version", flat=True)) == {2}
    assert set(Parcel.objects.values_list("code_key_version", flat=True)) == {1, 2}
    assert ring.live("kek") == (2,)


def test_version_is_retired_only_when_it_is_old_out_of_use_and_not_needed(
    committed_db: Database, ring: Keyring
) -> None:
    parcel = registered(world())

    def refused(name: str, number: int, why: str, **more: float) -> None:
        kept = sorted(path.name for path in ring.folder.iterdir())
        with pytest.raises(rotating.NotPossible, match=why):
            rotating.retire(name, number, **more)
        assert sorted(path.name for path in ring.folder.iterdir()) == kept

    refused("kek", 1, "is in use")
    refused("kek", 7, "no version 7")
    rotating.rotate("kek", wait=lambda seconds: None)
    refused("kek", 1, "Wait 15 minutes")
    refused("kek", 1, "still needed by 2 keys of people", quiet_s=0)
    time.sleep(KNOWN_S)
    with as_role("lifeline_worker"):
        rekey.drain(lambda: False)

    rotating.retire("kek", 1, quiet_s=0)

    assert names_of([parcel.recipient_id])
    assert not (ring.folder / "kek").exists()
    assert files.read(ring.folder, "kek").live == (2,)
