"""The stage with everything on it: from an empty folder to a product that runs, and its partners let in."""

from __future__ import annotations

import http.client
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import psycopg

from faults.clients import Client, Ledger
from faults.desk import Desk
from faults.inflict import Hand
from faults.lives import Life, lives
from faults.partners import MANNERS, Partner
from faults.stage import Stage, armed, wait_for
from faults.stories import Cast, Group

_WEB: Final = "lifeline_web"
_WORKER: Final = "lifeline_worker"
_ALONE: Final = ("--without-gossip", "--without-mingle", "--without-heartbeat")
_POISON: Final = 2
_USUAL_START_S: Final = 4.0
_SLOWEST: Final = 5.0
# Short, so that a lease ends within a run.
_RELAY: Final = {"WEBHOOK_TIMEOUT_S": "3", "RELAY_LEASE_S": "8"}


class Setting(NamedTuple):
    stage: Stage
    desk: Desk
    cast: Cast
    hand: Hand
    poison: Group
    """Parcels over which whoever screens them dies, each time."""
    partners: list[Partner]
    pace: float
    """How much slower this machine is now than one that starts the web server in four seconds; at least 1."""

    def wait_for_web(self) -> None:
        wait_for(lambda: _answers(self.stage.port), 120, "the web server")

    @property
    def hears_all(self) -> str:
        return next(partner.address for partner in self.partners if partner.manner == "prompt")

    def make_partners_well(self) -> None:
        """From now on each takes what it is told, and need not wait until it would be told again."""
        for partner in self.partners:
            partner.is_well = True
        with suppress(psycopg.Error):
            self.stage.query("UPDATE people_endpoint SET next_try_at = clock_timestamp() WHERE lease IS NULL")

    def end(self) -> None:
        self.cast.over.set()
        self.desk.kill()
        for partner in self.partners:
            partner.close()
        self.stage.strike()


def build(folder: Path, base: Path | None, seed: int) -> Setting:
    """Raise everything.

    :param base: where the prepared database is kept for runs to come, or is found
    """
    stage = Stage(folder)
    try:
        return _build(stage, base, seed)
    except BaseException:
        stage.strike()
        stage.unmount()
        raise


def _build(stage: Stage, base: Path | None, seed: int) -> Setting:
    known = base is not None and (base / "postgres").exists()
    if base and known:
        shutil.copytree(base / "keys", stage.folder / "keys")
    stage.raise_servers(base / "postgres" if base and known else None)
    partners = [Partner(manner, stage.folder / "calls.jsonl", seed) for manner in MANNERS]
    told = {**_RELAY, "WEBHOOK_EXCEPTIONS": ",".join(partner.origin for partner in partners)}
    desk = Desk({**stage.environment.of(_WEB), **told}, stage.folder / "logs" / "office.log")
    board = desk.ask("world", url=f"http://127.0.0.1:{stage.port}")
    if base and not known:
        base.mkdir(parents=True, exist_ok=True)
        shutil.copytree(stage.folder / "keys", base / "keys", dirs_exist_ok=True)
        stage.keep_base(base / "postgres")
    ledger, over = Ledger(stage.folder / "promises.jsonl"), threading.Event()
    clients = {key["relation"]: Client(stage.port, key, ledger, over) for key in board["clients"]}
    cast = Cast(stage, desk, clients, ledger, board["round"], over)
    began = time.monotonic()
    _start_web(stage)
    wait_for(lambda: _answers(stage.port), 120, "the web server")
    pace = min(max(1.0, (time.monotonic() - began) / _USUAL_START_S), _SLOWEST)
    poison = Group(_healthy(lives(seed, _POISON, prefix="poison")), cast, seed)
    poison.declare()
    points = {"screen.locked": {"ids": _ids(stage, poison)}}
    desk.ask("endpoints", wanted=[_endpoint(partner) for partner in partners])
    _start_rest(stage, {**armed(points), **told})
    return Setting(stage, desk, cast, Hand(stage, desk, points), poison, partners, pace)


def _healthy(group: list[Life]) -> list[Life]:
    return [life._replace(contents="allowed", intake="accept", asked_twice="no") for life in group]


def _ids(stage: Stage, poison: Group) -> list[int]:
    rows = stage.query("SELECT id FROM parcels_parcel WHERE number = ANY(%s)", list(poison.by_number))
    return [pk for (pk,) in rows]


def _start_web(stage: Stage) -> None:
    arguments = ["-c", "config/gunicorn.py", "--bind", f"fd://{stage.listener.fileno()}", "config.wsgi"]
    stage.python("web", "-m gunicorn", *arguments, role=_WEB, fd=stage.listener.fileno())


def _start_rest(stage: Stage, env: Mapping[str, str]) -> None:
    worker = ["-A", "config", "worker", "--concurrency", "2", "--loglevel", "WARNING", *_ALONE]
    for name in ("1", "2"):
        stage.python(f"worker-{name}", "-m celery", *worker, role=_WORKER, more=env)
        stage.python(f"sweep-{name}", "manage.py sweep", role=_WORKER, more=env)
        stage.python(f"relay-{name}", "manage.py relay", role=_WORKER, more=env)
        schedule = str(stage.folder / f"beat-schedule-{name}")
        beat = ["-A", "config", "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile="]
        stage.python(f"beat-{name}", "-m celery", *beat, role=_WORKER)


def _endpoint(partner: Partner) -> dict[str, object]:
    """Two hear of everything; those who answer badly only of what is rare, so that all of it can be told."""
    hears_all = partner.manner in ("prompt", "failing")
    relation = {"prompt": "sending", "failing": "neutral"}.get(partner.manner, "holding")
    return {
        "address": partner.address,
        "relation": relation,
        "events": [] if hears_all else ["parcel.observed"],
    }


def _answers(port: int) -> bool:
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        web.request("GET", "/livez")
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()
