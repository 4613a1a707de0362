"""The embedded PostgreSQL: where it listens."""

from pathlib import Path

import pytest

from config.launcher.postgres import Postgres
from config.launcher.processes import Failed


def test_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path, tmp_path / "log")
    postgres.socket.mkdir()
    postgres.socket.chmod(0o777)
    try:
        with pytest.raises(Failed, match="was not made by us"):
            postgres.prepare()
        assert not postgres.cluster.exists()
    finally:
        postgres.clean_up()
