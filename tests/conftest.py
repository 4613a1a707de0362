"""Real servers, and the rights of a real process: tests run as the plain login in the role lifeline_web.

Without DATABASE_URL or REDIS_URL, the servers that `manage.py up` would start run in a temporary folder.
What a test looks at itself row security shows it, as it does to the system; no request is shown more for that.
`db` rolls a test back; `committed_db` gives it a database of its own, for threads, processes and browsers.
Tables are never flushed: most of them refuse it.
"""

import atexit
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from config import database
from config.launcher.processes import Crew
from config.launcher.servers import running
from config.messages import compile_stale
from tests.databases import WEB, Database

_OURS = "TESTS_START_SERVERS"
_servers = ExitStack()


def _start_servers() -> None:
    """Start what is missing before the settings are read; it stops when this run ends.

    A run in several processes has servers in each: what one test leaves open, another may wait for.
    """
    if "PYTEST_XDIST_WORKER" in os.environ and _OURS in os.environ:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
            os.environ.pop(name, None)
    if "DATABASE_URL" not in os.environ and "REDIS_URL" not in os.environ:
        os.environ[_OURS] = "1"
    data = Path(tempfile.mkdtemp(prefix="lifeline-test-"))
    # As root, PostgreSQL runs as another user, who must reach its folder.
    data.chmod(0o755)
    _servers.callback(shutil.rmtree, data, ignore_errors=True)
    found = _servers.enter_context(running(Crew(), data, durable=False)).addresses
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LIFELINE_DATA": str(data),
            "DATABASE_URL": found.database,
            "DATABASE_OWNER_URL": found.owner,
            "DATABASE_ROLE": WEB,
            "REDIS_URL": found.redis,
            "SIGN_IN_LINKS": "1",
            # Playwright keeps an event loop in this thread, though nothing of ours runs in it.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
    )


_start_servers()
atexit.register(_servers.close)
compile_stale()
django.setup()
settings.MIDDLEWARE.insert(0, "tests.databases.as_the_web_server")
# As which Django's own test client calls.
settings.PLAIN_HTTP_HOSTS.append("testserver")
# What ends this process, or a thread of it, is for its reader: the product would write it without its words.
sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
logging.captureWarnings(False)

_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-headless-shell")
_TEMPLATE, _SHARED = Database(f"test_template_{os.getpid()}"), Database(f"test_lifeline_{os.getpid()}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium (on the PATH, or named by CHROMIUM)")
    config.add_cleanup(_servers.close)
    if config.getoption("numprocesses"):
        # Those to whom the tests are handed read the settings when they have their own servers, not before.
        os.environ.pop("DJANGO_SETTINGS_MODULE")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if (marker and marker.kwargs.get("transaction")) or "transactional_db" in item.fixturenames:
            raise pytest.UsageError(f"{item.nodeid} would flush tables; use committed_db")
    if not _CHROMIUM:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _CHROMIUM:
        terminalreporter.write_line("Without Chromium the browser tests were left out.")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        try:
            _TEMPLATE.make()
            database.migrate(_TEMPLATE.owner_url)
            _SHARED.make(_TEMPLATE)
            database.use(_SHARED.url, role=WEB, system=True)
        except Exception as error:
            # Said once, not by every test that needs a database.
            pytest.exit(f"The tests' database was not made: {error!r}", returncode=1)
    yield
    with django_db_blocker.unblock():
        database.use(os.environ["DATABASE_URL"], role=WEB, system=True)
        _SHARED.drop()
        _TEMPLATE.drop()


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Database]:
    """A database of this test alone, where commits are real."""
    clone = Database(f"{_SHARED.name}_clone")
    with django_db_blocker.unblock():
        clone.make(_TEMPLATE)
        database.use(clone.url, role=WEB, system=True)
        try:
            yield clone
        finally:
            database.use(_SHARED.url, role=WEB, system=True)
            clone.drop()


@pytest.fixture(scope="module")
def served_db(django_db_setup: None) -> Iterator[Database]:
    """A database of a module's own, for a process that its tests talk to."""
    made = Database(f"{_SHARED.name}_served")
    made.make(_TEMPLATE)
    yield made
    made.drop()


@pytest.fixture
def site(committed_db: Database) -> Iterator[str]:
    """The address of a server that works on `committed_db`."""
    server = LiveServerThread("127.0.0.1", lambda application: application)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Chromium's sandbox does not work as root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site)
    yield context.new_page()
    context.close()
