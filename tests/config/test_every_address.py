"""Who reads what, anywhere: every address, as everybody, with our own ids and with foreign ones."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import time_machine
from django.http import HttpResponse

from tests.config.walk.addresses import addresses
from tests.config.walk.secrets import SECRETS, Reader, plant
from tests.config.walk.walkers import walkers
from tests.factories import NOON, world


@pytest.fixture
def at_noon() -> Iterator[None]:
    logging.disable()  # every refusal is logged, and nearly all of these are refused
    with time_machine.travel(NOON, tick=False):
        yield
    logging.disable(logging.NOTSET)


def body(response: HttpResponse) -> str:
    whole = b"".join(response) if response.streaming else response.content
    return whole.decode(errors="replace")


OURS, FOREIGN = "qara", "zumo"


@pytest.mark.django_db
def test_every_secret_is_read_by_those_it_is_for_and_by_nobody_else(at_noon: None) -> None:
    ours, foreign = world(), world(prefix="far-")
    plant(ours, OURS)
    plant(foreign, FOREIGN)
    # All of them before anybody walks: an organisation without a manager is looked after by any.
    everybody, everywhere = list(walkers(ours, foreign)), list(addresses())
    read: dict[str, dict[Reader, str]] = defaultdict(dict)

    for walker in everybody:
        for address in everywhere:
            response = walker.reads.get(address.path)
            assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (str(walker), address)
            text = body(response)
            for word in (secret.of(mark) for secret in SECRETS for mark in (OURS, FOREIGN)):
                if word in text:
                    read[word].setdefault(walker.reader, address.pattern)

    for secret in SECRETS:
        found = read[secret.of(OURS)]
        leaks = {reader: place for reader, place in found.items() if reader not in secret.readers}
        assert (secret.what, leaks) == (secret.what, {})
        assert (secret.what, secret.readers - found.keys()) == (secret.what, set())
        strangers = {reader for reader in read[secret.of(FOREIGN)] if not reader[0].startswith("far-")}
        assert (secret.what, strangers) == (secret.what, set())
