"""What row security and sealing cost: the product, and itself without either, on the same rows.

Without them: row security is off in the variant's own copy of the database, and what the ciphers gave back is
remembered and not computed again. All runs in one process, so that nothing but the walls differs.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from http import HTTPStatus
from itertools import cycle
from typing import Any, Final
from unittest.mock import patch

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from psycopg import sql

from config.bench import arena, importing, rows
from config.bench.figures import Different, Figures, Ratio, Wishes
from config.scratch import WEB, Database
from parcels import codes, workers
from parcels.models import Parcel
from people import vault
from people.models import Grant, Organisation, Role, Staff, StaffSession
from people.signin.passwords import BACKEND

WITH, WITHOUT = "", ", no walls"
LOOKUP, ADVANCE, PEOPLE, PARCELS = "look-ups", "screened parcels", "lists of people", "lists of parcels"
TARGET: Final = 0.7
RATIOS: Final = tuple(
    Ratio(f"vs_no_walls: {what}", what + WITH, what + WITHOUT, TARGET)
    for what in (LOOKUP, ADVANCE, PEOPLE, PARCELS)
)
_SECONDS: Final = 3.0
_HOST: Final = "127.0.0.1"
_PAGES: Final = {PEOPLE: "/admin/people/person/", PARCELS: "/admin/parcels/parcel/"}
_FORCED: Final = "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r' ORDER BY relname"


def run(wishes: Wishes) -> Figures:
    """:raises Different: when a request is not answered well, or a parcel is left behind"""
    figures = Figures("walls", wishes.n, "of each", RATIOS)
    with arena.template() as template:
        rows.world()
        call_command(
            "import_manifest", str(importing.manifest_of(wishes.folder, wishes.n)), round="bench",
            stdout=io.StringIO(),
        )  # fmt: skip
        arena.tidy()
        for walls in [WITH, WITHOUT] * wishes.repeats:
            with arena.copy(template, role=WEB) as database, _walls(database, walls):
                for what, rate in _measured(database):
                    figures.add(what + walls, rate)
    figures.notes.append("in one process, by Django's own client; each as often as fits into three seconds")
    return figures


@contextmanager
def _walls(database: Database, walls: str) -> Iterator[None]:
    with ExitStack() as stack:
        if walls == WITHOUT:
            _lift_row_security(database)
            for name in ("unseal", "unwrap"):
                stack.enter_context(patch.object(vault, name, cache(getattr(vault, name))))
        yield


def _lift_row_security(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        for (table,) in owner.execute(_FORCED).fetchall():
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))


def _measured(database: Database) -> Iterator[tuple[str, float]]:
    arena.use(database, role=arena.WORKER)
    asked = cycle(_receipt_codes())
    arena.use(database, role=WEB)
    stranger, registrar = Browser(SERVER_NAME=_HOST), _registrar()
    yield LOOKUP, _rate(lambda: _well(_track(stranger, next(asked))))
    for what, page in _PAGES.items():
        yield what, _rate(lambda page=page: _well(registrar.get(page)))  # type: ignore[misc]
    arena.use(database, role=arena.WORKER)
    began = time.perf_counter()
    screened = workers.drain("screen")
    yield ADVANCE, screened / (time.perf_counter() - began)
    if Parcel.objects.filter(status="accepted").exists():
        raise Different("The worker left parcels behind.")


def _receipt_codes() -> list[str]:
    """Return codes of a thousand parcels, made as the product makes them."""
    seeds = Parcel.objects.order_by("pk").values_list("seed", flat=True)[:1_000]
    return [codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(seed)) for seed in seeds]


def _registrar() -> Browser:
    member = Staff.objects.create(username="bench")
    Grant.objects.create(
        staff=member, role=Role.REGISTRAR, organisation=Organisation.objects.get(code="north")
    )
    browser, now = Browser(SERVER_NAME=_HOST), timezone.now()
    browser.force_login(member, backend=BACKEND)
    StaffSession.objects.create(
        staff=member,
        session_key=browser.session.session_key or "",
        way=StaffSession.Way.PASSKEY,
        began_at=now,
        seen_at=now,
        fresh_at=now,
        browser="Firefox",
    )
    return browser


def _track(browser: Browser, code: str) -> Any:
    return browser.post("/api/v1/track/", {"receipt_code": code}, content_type="application/json")


def _well(answer: Any) -> None:
    if answer.status_code != HTTPStatus.OK:
        raise Different(f"{answer.request['PATH_INFO']} was answered {answer.status_code}.")


def _rate(do: Callable[[], None]) -> float:
    do()
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < _SECONDS:
        do()
        done += 1
    return done / passed
