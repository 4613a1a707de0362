"""How long a known weakness may be left: judged by what a service of OSV's form answers, and without it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from config.supply.advisories import CannotAsk, Weakness, ask, main, overdue
from config.supply.lock import ALL, Pin, pins

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
# OSV's own example of a query, https://google.github.io/osv.dev/post-v1-query/: jinja2 2.4.1; two of its records,
# shortened, in the form of the OSV schema.
JINJA = Pin("jinja2", "2.4.1", ())
GHSA: dict[str, Any] = {
    "id": "GHSA-462w-v97r-4m45",
    "aliases": ["CVE-2019-10906", "PYSEC-2019-217"],
    "published": "2019-04-10T14:30:24Z",
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}],
        }
    ],
}
PYSEC: dict[str, Any] = {
    "id": "PYSEC-2019-217",
    "aliases": ["CVE-2019-10906", "GHSA-462w-v97r-4m45"],
    "published": "2019-04-07T00:29:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}],
        }
    ],
}


class Service(HTTPServer):
    """Answers as OSV's API does, with these records of each package."""

    def __init__(self, records: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.records = records
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        named = [self.server.records.get(each["package"]["name"], []) for each in asked]
        self._say({"results": [{"vulns": [{"id": r["id"]} for r in rows]} if rows else {} for rows in named]})

    def do_GET(self) -> None:
        id_ = self.path.removeprefix("/v1/vulns/")
        self._say(next(r for rows in self.server.records.values() for r in rows if r["id"] == id_))

    def _say(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service({})
    Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def test_two_sources_tell_of_one_weakness(service: Service) -> None:
    service.records = {"jinja2": [PYSEC, GHSA]}

    (found,) = ask([JINJA, Pin("six", "1.17.0", ())], service.url, NOW).weaknesses

    assert (found.package, found.version, found.grade, found.mended_in) == (
        "jinja2", "2.4.1", "HIGH", ("2.10.1",)
    )  # fmt: skip
    assert set(found.names) == {"GHSA-462w-v97r-4m45", "CVE-2019-10906", "PYSEC-2019-217"}
    assert found.known_at == datetime(2019, 4, 7, 0, 29, tzinfo=UTC)


def test_what_was_withdrawn_is_none(service: Service) -> None:
    service.records = {"jinja2": [GHSA | {"withdrawn": "2020-01-01T00:00:00Z"}]}
    assert not ask([JINJA], service.url, NOW).weaknesses


@pytest.mark.parametrize(
    ("grade", "hours", "late"),
    [
        ("CRITICAL", 47, False), ("CRITICAL", 49, True), ("HIGH", 49, False), ("LOW", 30 * 24 - 1, False),
        ("HIGH", 30 * 24 + 1, True), ("", 47, False), ("", 49, True),
    ],
)  # fmt: skip
def test_it_may_be_left_48_hours_or_30_days(grade: str, hours: int, late: bool) -> None:
    found = Weakness("jinja2", "2.4.1", ("X",), NOW - timedelta(hours=hours), grade, ("2.10.1",))

    assert list(overdue([found], {}, NOW)) == ([found] if late else [])
    # Nobody can be asked to take a mended version that there is not.
    assert not list(overdue([found._replace(mended_in=())], {}, NOW))


def test_it_is_let_be_until_the_day_that_was_written_down() -> None:
    found = Weakness("jinja2", "2.4.1", ("X", "CVE-1"), NOW - timedelta(days=90), "HIGH", ("2.10.1",))

    assert not list(overdue([found], {"CVE-1": date(2026, 11, 25)}, NOW))
    assert list(overdue([found], {"CVE-1": date(2026, 11, 24)}, NOW))
    assert list(overdue([found], {"CVE-2": date(2027, 1, 1)}, NOW))


def _late(service: Service) -> dict[str, Any]:
    """Say that a package of the lock has a weakness that is long known."""
    package = {"ecosystem": "PyPI", "name": "django"}
    service.records = {"django": [GHSA | {"affected": [GHSA["affected"][0] | {"package": package}]}]}
    return service.records["django"][0]


def test_check_fails_by_name_when_one_is_left_too_long(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OSV_URL", service.url)
    assert main([], kept=tmp_path / "kept.json", now=NOW) == 0
    assert capsys.readouterr().out == ""

    _late(service)
    assert main([], kept=tmp_path / "kept.json", now=NOW) == 1
    (django,) = [pin for pin in pins(*ALL) if pin.name == "django"]
    assert capsys.readouterr().out == (
        f"django {django.version}: CVE-2019-10906 is known for 2785 days, mended in 2.10.1.\n"
    )


def test_without_the_service_its_last_answer_is_judged_and_that_is_said(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9")
    assert main([], kept=kept, now=NOW) == 0
    assert "could not be asked (URLError); it never was, here." in capsys.readouterr().out
    assert main(["--must-ask"], kept=kept, now=NOW) == 1

    _late(service)
    monkeypatch.setenv("OSV_URL", service.url)
    main([], kept=kept, now=NOW)
    capsys.readouterr()
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9")

    assert main([], kept=kept, now=NOW + timedelta(days=3)) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("its answer of 2026-11-25 is judged.")
    assert second.startswith("django ")


def test_kept_answer_is_not_held_against_a_package_that_was_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9")
    old = ["django", "5.2.0", ["CVE-1"], "2020-01-01T00:00:00+00:00", "HIGH", ["5.2.1"]]
    kept.write_text(json.dumps(["2026-11-20T00:00:00+00:00", [old]]))

    assert main([], kept=kept, now=NOW) == 0
    assert "django" not in capsys.readouterr().out


@pytest.mark.parametrize("told", [{}, {"results": []}, {"results": [{"vulns": [{}]}]}])
def test_answer_of_another_form_is_no_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    monkeypatch.setattr(_Answers, "do_POST", lambda self: self._say(told))
    with pytest.raises(CannotAsk):
        ask([JINJA], service.url, NOW)
