"""Where a weakness is reported: security.txt as RFC 9116 has it, and the page it leads to."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.config.production import HOST, production

# RFC 9116, section 4, the fields that a file without a signature may have; 2.5.3 and 2.5.5 must be there.
_FIELD = re.compile(
    r"(Acknowledgments|Canonical|Contact|Encryption|Expires|Hiring|Policy|Preferred-Languages): \S.*"
)
# RFC 3339, as 2.5.5 asks for.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def fields(text: str) -> dict[str, str]:
    assert text.endswith("\n")
    lines = text.splitlines()
    assert all(_FIELD.fullmatch(line) for line in lines)
    told = dict(line.split(": ", 1) for line in lines)
    assert len(told) == len(lines)
    return told


def test_security_txt_is_what_the_rfc_asks_for(settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:safety@lifeline.example"
    with production():
        settings.SECURITY_CONTACT = "mailto:safety@lifeline.example"
        answer = Client().get("/.well-known/security.txt", secure=True, HTTP_HOST=HOST)

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    told = fields(answer.content.decode())
    assert told["Contact"] == "mailto:safety@lifeline.example"
    assert told["Canonical"] == f"https://{HOST}/.well-known/security.txt"
    assert told["Policy"] == f"https://{HOST}/security/"
    assert told["Preferred-Languages"] == "en, ru, uk"


@pytest.mark.parametrize("year", [2026, 2027, 2040])
def test_it_is_good_for_less_than_a_year_whenever_it_is_asked_for(year: int) -> None:
    now = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        told = fields(Client().get("/.well-known/security.txt").content.decode())

    assert _MOMENT.fullmatch(told["Expires"])
    left = datetime.fromisoformat(told["Expires"]) - now
    assert timedelta(days=170) < left < timedelta(days=365)


def test_without_a_setting_it_is_the_mailbox_kept_for_it() -> None:
    assert fields(Client().get("/.well-known/security.txt").content.decode())["Contact"] == (
        "mailto:security@127.0.0.1"
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "We answer within 72 hours"),
        ("ru", "Мы ответим в течение 72 часов"),
        ("uk", "Ми відповімо протягом 72 годин"),
    ],
)
def test_page_says_how_in_three_languages(settings: Any, language: str, words: str) -> None:
    settings.SECURITY_CONTACT = "https://lifeline.example/report?a=<b>"
    page = Client().get("/security/", headers={"accept-language": language}).content.decode()

    assert words in page
    assert 'href="https://lifeline.example/report?a=&lt;b&gt;"' in page


def test_they_are_read_and_nothing_else() -> None:
    for path in ("/security/", "/.well-known/security.txt"):
        assert Client().post(path).status_code == 405
