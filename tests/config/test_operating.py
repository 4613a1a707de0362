"""What the paper for operators says is what the code does: sizes, sessions, limits, periods, logs, links."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from fido2.cose import CoseKey

from config import celery, database
from config.database import Addresses
from config.keys.files import NAMES
from config.keys.periods import ROTATE_EVERY, YEAR
from config.launcher import processes
from config.launcher.processes import BASE_DIR
from config.launcher.programs import Environment, lasting
from parcels import tracking
from parcels.admin import ledger, moving
from parcels.api import declaring, screenings
from parcels.api.moving import MOST_MOVES
from people import api, desk, list_desk, lists, oauth, tables, workbook
from people.retention import RULES
from people.signin import choosing, fresh, invitations, kept, passwords, sessions

PAPER = (BASE_DIR / "docs/operating.md").read_text()
MIB = 1024 * 1024


def minutes(time: timedelta) -> int:
    return int(time.total_seconds() / 60)


def years(time: timedelta) -> str:
    many = time // YEAR
    return f"{many} year{'s' if many > 1 else ''}"


SAID = {
    "body": f"| {settings.GREATEST_BODY // MIB} MiB, {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields;",
    "list": f"| {list_desk._MOST_UPLOADED // MIB} MiB, {lists.MOST_ENTRIES:,} rows |",
    "ledger": f"JSON as it was downloaded | {ledger._GREATEST_FILE // MIB} MiB |",
    "manifest": f"| {tables.MOST_BYTES // MIB} MiB, {workbook.MOST_ROWS:,} rows |",
    "workbook": f"| {workbook.MOST_UNPACKED // MIB} MiB and {workbook.MOST_MEMBERS:,} parts unpacked",
    "call": f"{settings.GREATEST_BODY // MIB} MiB, {MOST_MOVES:,} moves, {declaring.MOST_LINES} things",
    "idle": f"after **{minutes(sessions.IDLE)} minutes** without use",
    "whole": f"after **{minutes(sessions.WHOLE) // 60} hours** in any case",
    "fresh": f"**{minutes(fresh.FRESH_FOR)} minutes**. A page",
    "kept": f"kept sealed for **{minutes(kept.KEPT_FOR) // 60} hour**",
    "token": f"lives **{settings.OAUTH2_PROVIDER['ACCESS_TOKEN_EXPIRE_SECONDS'] // 60} minutes**",
    "invitation": f"lives {minutes(invitations.LASTS) // 60} hours",
    "password": f"at least {choosing.LEAST} characters",
    "words": f"({', '.join(choosing.OURS)})",
    "rounds": f"PBKDF2-SHA-256, {PBKDF2PasswordHasher.iterations:,} rounds",
    "tries": f"{passwords.LOGINS} tries an account and {minutes(passwords.LOGIN_WINDOW)} minutes;",
    "tokens": f"{oauth.TOKENS} tokens a system and minute",
    "codes": f"| {tracking.WRONG_CODES} a network and minute, then 429",
    "screenings": f"| {screenings.SCREENINGS} a network and minute, {declaring.MOST_LINES} things each",
    "moves": f"| {MOST_MOVES:,} a call; {moving.MOST_AT_ONCE:,} on a page",
    "pages": f"| {api.Pages.max_page_size} a page by the API, {desk.Desk.list_per_page} on the desk",
    "people": f"| {settings.PEOPLE_AN_HOUR} different ones an hour",
    "tasks": f"| {celery.app.conf.task_soft_time_limit} s, at {celery.app.conf.task_time_limit} s the",
    "children": f"{celery.app.conf.worker_max_tasks_per_child} tasks, then a new process",
    "audit": f"| {RULES['audit'].days} days; its hashes",
    "program": f"two files of about {processes._LOG_LIMIT_BYTES // MIB} MiB each",
    "sessions' secret": f"| `secret` | {years(ROTATE_EVERY['secret'])} |",
    "wrapping": f"| `kek` | {years(ROTATE_EVERY['kek'])} |",
    "finding": f"| `search`, `lookup` | {years(ROTATE_EVERY['search'])} |",
    "codes' key": f"| `code` | {years(ROTATE_EVERY['code'])} |",
    "signing": f"| `audit` | {years(ROTATE_EVERY['audit'])} |",
}


@pytest.mark.parametrize("sentence", SAID.values(), ids=SAID)
def test_figure_is_that_of_the_code(sentence: str) -> None:
    assert sentence in " ".join(PAPER.split())


def test_every_key_is_in_the_inventory_and_has_its_time() -> None:
    assert set(ROTATE_EVERY) == set(NAMES)
    inventory, periods = PAPER.split("### How long each lives")
    for name in NAMES:
        assert f"\n| `{name}` |" in inventory
        assert re.search(rf"^\|[^|]*`{name}`", periods, re.MULTILINE)


def test_passkeys_are_of_the_algorithms_that_are_told() -> None:
    names = [CoseKey.for_alg(each).__name__ for each in CoseKey.supported_algorithms()]
    told = re.search(r"\| passkeys \| public halves in the database \| ([^|]+) \|", PAPER)
    assert told is not None
    # Which of them there are depends on the OpenSSL beneath.
    assert {"ES256", "EdDSA", "RS256"} <= set(names) <= set(told[1].split(", "))


def test_paper_leads_to_files_and_tests_that_are_there() -> None:
    for place in re.findall(r"\]\((?!#|http)([^)#]+)", PAPER):
        assert (BASE_DIR / "docs" / place).is_file(), place
    for place in re.findall(r"`(tests/[\w/.]+)`", PAPER):
        assert (BASE_DIR / place).is_file(), place


def test_logs_that_are_told_are_those_that_are_written() -> None:
    here = Environment(Addresses("", "", ""), BASE_DIR, 8000, has_roles=True)
    written = {program.log.name for program in lasting(here, 3) if program.log} | {
        "database.log",
        "redis.log",
    }
    assert set(re.findall(r"\b(\w+\.log)\b", PAPER)) == written | {"erasures.log"}


def test_waits_are_bounded_as_it_says() -> None:
    options = database.connection_settings("postgresql:///lifeline")["OPTIONS"]["options"]
    held, idle = re.findall(r"timeout=(\d+)s", options)
    assert f"an idle transaction | holds others up | {held} s, {idle} s |" in PAPER
