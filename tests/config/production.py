"""The settings as they are under HTTPS behind one proxy, read by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings

from config.launcher.processes import BASE_DIR

HOST = "lifeline.example"
PRODUCTION = {
    "HTTPS": "1",
    "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
    "PUBLIC_URL": f"https://{HOST}",
    "TRUSTED_PROXIES": "1",
}
_READ = """
import json
from config import settings
print(json.dumps({name: value for name, value in vars(settings).items() if name.isupper()}, default=repr))
"""
# Where the tests' own servers are, and what is no plain value.
_OURS = {"DATABASES", "ADDRESSES", "REDIS_URL", "CELERY_BROKER_URL", "KEYS", "DATA", "BASE_DIR", "SCOPES"}


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True)


def read() -> dict[str, Any]:
    found = run(_READ, **PRODUCTION)
    assert found.returncode == 0, found.stderr
    told: dict[str, Any] = json.loads(found.stdout)
    return told


@contextmanager
def production() -> Iterator[None]:
    """Work under those settings that differ from the tests' own."""
    here = {name: json.loads(json.dumps(getattr(settings, name, None), default=repr)) for name in read()}
    changed = {name: told for name, told in read().items() if told != here[name] and name not in _OURS}
    for name, told in changed.items():
        if isinstance(told, list) and isinstance(getattr(settings, name, None), tuple):
            changed[name] = tuple(told)
    with override_settings(**changed):
        yield
