import logging

import pytest

from config.logs import without_codes


@pytest.mark.parametrize(
    "typed", ["ZF9D-VX7D-RBDT-A2S1-WPG7-WG0A", "zf9d vx7d rbdt a2s1 wpg7 wg0a", "ZF9DVX7DRBDTA2S1WPG7WG0A"]
)
def test_code_typed_into_the_address_is_not_logged(typed: str) -> None:
    told = without_codes(None, "", {"event": f"Not Found: /{typed}/", "level": "warning"})

    assert told == {"event": "Not Found: /[code]/", "level": "warning"}


def test_address_of_a_calendar_is_not_logged() -> None:
    told = without_codes(None, "", {"event": "Not Found: /calendar/aB3-_xyz.ics?a=b"})

    assert told == {"event": "Not Found: /calendar/[token]?a=b"}


def test_other_words_are_logged_as_they_are() -> None:
    event = "Not Found: /api/v1/parcels/PZ473124829ZZ/ 6f1c1a58-5d8e-4b6b-9d0a-0123456789ab"

    assert without_codes(None, "", {"event": event})["event"] == event


def test_every_line_goes_through_it() -> None:
    (handler,) = (each for each in logging.getLogger().handlers if each.get_name() == "stderr")
    line = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/{'AB12-' * 5}AB12",), None
    )

    assert "[code]" in handler.format(line)
