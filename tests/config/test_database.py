"""Where a process finds its servers. No database is needed to know that."""

from pathlib import Path

import environ
import pytest

from config import database
from config.database import Addresses

_RUNNING = Addresses("postgresql://app@/lifeline", "postgresql://owner@/lifeline", "redis://127.0.0.1:1/0")


@pytest.fixture(autouse=True)
def _no_servers_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.delenv(name)


def test_addresses_are_of_this_machine_where_nothing_runs(tmp_path: Path) -> None:
    ours = "postgresql:///lifeline"
    assert database.addresses(environ.Env(), tmp_path) == Addresses(ours, ours, "redis://127.0.0.1:6379/0")


def test_addresses_are_those_of_running_product_until_it_stops(tmp_path: Path) -> None:
    with database.left(_RUNNING, tmp_path):
        assert database.addresses(environ.Env(), tmp_path) == _RUNNING
    assert database.addresses(environ.Env(), tmp_path) != _RUNNING


def test_addresses_in_environment_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://office@db/lifeline")
    with database.left(_RUNNING, tmp_path):
        # The owner of another database is no owner of this one.
        assert database.addresses(environ.Env(), tmp_path) == Addresses(
            "postgresql://office@db/lifeline", "postgresql://office@db/lifeline", _RUNNING.redis
        )


def test_connection_takes_role_and_keeps_socket(tmp_path: Path) -> None:
    settings = database.connection_settings(
        f"postgresql://app@/lifeline?host={tmp_path}", role="lifeline_web"
    )
    assert settings["OPTIONS"] == {
        "host": str(tmp_path),
        "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=20s -c role=lifeline_web",
        "prepare_threshold": 5,
    }
