"""The demonstration, loaded once for all of these tests by a process that is killed on the way, and another."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client as Visitor
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from exchanges.models import Round
from parcels import codes, demonstration, tracking
from parcels.demonstration import Board
from parcels.demonstration.loading import collected_from
from parcels.lifecycle import FAMILY_WORD, Status
from parcels.models import Consignment, Movement, Parcel
from people.models import Client, Role, Staff
from tests.parcels.demonstrations import ROOT, loaded_after_a_kill


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with loaded_after_a_kill(django_db_blocker, once=Parcel.objects.exists):
        yield


@pytest.fixture(scope="module")
def board(loaded: None) -> Board:
    return demonstration.board("http://127.0.0.1:8000")


def of_the_round() -> QuerySet[Parcel]:
    """The parcels of the round on the board; fewer go the other way."""
    return Parcel.objects.filter(round__reference="2026-december")


def counts() -> Counter[str]:
    return Counter(of_the_round().values_list("status", flat=True))


pytestmark = pytest.mark.usefixtures("loaded")


def test_visitor_finds_parcels_in_every_status() -> None:
    found = counts()

    assert (found.total(), set(found)) == (2_000, set(Status))


def test_what_the_play_decides_is_the_same_each_time() -> None:
    # What waits or was not accepted depends on the catalogue too.
    other = (Status.CLEARED, Status.IN_REVIEW, Status.REFUSED)
    assert {status: count for status, count in counts().items() if status not in other} == {
        "registered": 75, "cancelled": 5, "accepted": 2, "packed": 310, "dispatched": 120,
        "with_intermediary": 35, "handed_over": 10, "admitted": 12, "received": 22, "confirmed": 12,
        "undeliverable": 2, "returning": 8, "returned": 4, "disposed": 1, "missing": 3, "lost": 1,
    }  # fmt: skip
    assert Counter(
        Consignment.objects.filter(round__reference="2026-december").values_list("status", flat=True)
    ) == {
        "open": 2, "sealed": 2, "dispatched": 3, "handed_over": 1,
    }  # fmt: skip


def test_some_are_overdue_frozen_flagged_or_wait_with_hard_news() -> None:
    overdue = of_the_round().filter(overdue_since__isnull=False).values_list("status", flat=True)
    assert set(overdue) == {"packed", "in_review"}
    assert sorted(of_the_round().filter(frozen=True).values_list("status", flat=True)) == [
        "accepted", "accepted", "admitted", "cleared",
    ]  # fmt: skip
    assert of_the_round().filter(flagged=True).count() == 1
    assert of_the_round().filter(held_from__isnull=False).count() == 6


def test_history_runs_forward_and_ends_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE recorded_at < before), max(recorded_at) FROM ("
            " SELECT recorded_at, lag(recorded_at) OVER (PARTITION BY parcel_id ORDER BY number) AS before"
            " FROM parcels_movement) AS history"
        )
        backwards, last = cursor.fetchone()

    assert backwards == 0
    assert last <= timezone.now()


def test_families_read_every_word_that_is_not_waiting_to_be_told() -> None:
    key, now = bytes.fromhex(settings.KEYS.code), timezone.now()
    seeds = Parcel.objects.values_list("seed", flat=True)
    tracks = [tracking.track(codes.receipt_code(key, bytes(seed)), now=now) for seed in seeds]

    assert {track.status for track in tracks if track} == set(FAMILY_WORD.values())
    assert None not in tracks


def test_loading_again_changes_nothing() -> None:
    before = (counts(), Movement.objects.count(), Staff.objects.count())

    assert not demonstration.load(out=StringIO())
    assert (counts(), Movement.objects.count(), Staff.objects.count()) == before


def test_written_manifest_is_the_one_that_came_in(tmp_path: Path) -> None:
    path = Path(shutil.copy(ROOT / "demo" / "december.csv", tmp_path))
    out = StringIO()

    call_command("import_manifest", str(path), "--round", "2026-december", stdout=out)

    assert "2,000 rows: 2,000 unchanged" in out.getvalue().splitlines()


def test_board_lets_every_role_in(board: Board) -> None:
    assert {account["role"] for account in board["accounts"]} == set(Role)
    for account in board["accounts"]:
        visitor, path = Visitor(), account["sign_in"].removeprefix("http://127.0.0.1:8000")
        assert visitor.post(path).status_code == 302
        assert visitor.session["_auth_user_id"] == str(Staff.objects.get(username=account["username"]).pk)


def test_board_gives_systems_a_secret_that_is_new_and_kept_as_a_hash(board: Board) -> None:
    again = demonstration.board("http://127.0.0.1:8000")["clients"]

    assert [each["relation"] for each in again] == ["sending", "neutral", "holding"]
    for old, new in zip(board["clients"], again, strict=True):
        kept = Client.objects.get(client_id=new["client_id"])
        assert (old["client_id"], kept.organisation.code) == (new["client_id"], new["organisation"])
        assert check_password(new["client_secret"], kept.client_secret)
        assert not check_password(old["client_secret"], kept.client_secret)


def test_system_of_the_sending_side_may_register_dispatch_and_be_told(board: Board) -> None:
    client_id = board["clients"][0]["client_id"]

    grants = Client.objects.get(client_id=client_id).grants.current()
    assert sorted(grants.values_list("role", flat=True)) == ["dispatcher", "liaison", "registrar"]


def test_board_names_a_round_that_collects_and_a_code_with_a_story(board: Board) -> None:
    round_ = Round.objects.get(reference=board["round"])
    assert (round_.reference, round_.status, round_.open_to_public) == ("2026-december", "collecting", True)
    track = tracking.track(board["receipt_code"] or "", now=timezone.now())
    assert track is not None
    assert track.status == "receipt_reported"


def test_board_command_prints_it_as_json() -> None:
    out = StringIO()
    call_command("board", "--url", "http://127.0.0.1:8123", stdout=out)

    found = json.loads(out.getvalue())
    assert list(found) == ["url", "accounts", "clients", "receipt_code", "round"]
    assert found["url"] == "http://127.0.0.1:8123"


@pytest.mark.parametrize(
    ("now", "first_day"),
    [
        ("2026-11-22", "2026-11-01"),
        ("2026-11-21", "2026-10-25"),
        ("2027-06-01", "2026-11-01"),
        ("2026-01-01", "2025-12-07"),
    ],
)
def test_collecting_began_on_a_sunday_three_weeks_before_now(now: str, first_day: str) -> None:
    found = collected_from(datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert (found.isoformat(), found.weekday()) == (first_day, 6)
