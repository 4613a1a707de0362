"""Who reads what, anywhere, and who changes nothing: every address, as everybody, with our own ids and foreign ones."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from http import HTTPStatus

import pytest
import time_machine
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client as Browser

from parcels.models import Parcel
from people.models import Person, Role
from tests.config.walk.addresses import Address, addresses, asking, patterns, same_for_all
from tests.config.walk.planting import Planted, plant
from tests.config.walk.secrets import EXCHANGE, GITA, IVO, NORTH, SECRETS, SNAPSHOT, Reader
from tests.config.walk.walkers import Walker, named, walkers
from tests.factories import NOON, staff, world
from tests.signing_in import signed_in


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
# Officers by their names read besides what any of their role does.
_ROLES: dict[Reader, Reader] = {GITA: (NORTH, Role.LIAISON.value), IVO: (NORTH, Role.COORDINATOR.value)}
# Who read a word, and where first.
Found = dict[str, dict[Reader, str]]


class Words:
    """The words that were planted in both worlds, and who read each."""

    def __init__(self, ours: Planted, foreign: Planted) -> None:
        ours_and_foreign = [(OURS, ours), (FOREIGN, foreign)]
        self.of = {mark: {each.what: each.of(mark) for each in SECRETS} for mark, _ in ours_and_foreign}
        for mark, planted in ours_and_foreign:
            self.of[mark] |= {EXCHANGE.what: planted.exchange, SNAPSHOT.what: planted.snapshot}
        self.all = [word for words in self.of.values() for word in words.values()]

    def note(self, found: Found, reader: Reader, where: str, response: HttpResponse) -> None:
        assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (reader, where)
        text = body(response)
        for word in self.all:
            # What was asked for stands in the address that an answer repeats.
            if word in text and word not in where:
                found[word].setdefault(reader, where)


def check(words: Words, read: Found, *, asked: bool) -> None:
    """Assert of each secret who read it; where all were asked what for, who read it then."""
    wrong = []
    for secret in (*SECRETS, EXCHANGE, SNAPSHOT):
        found = read[words.of[OURS][secret.what]]
        may = secret.readers | secret.asked if asked else secret.readers
        must = secret.asked if asked else secret.readers
        abroad = read[words.of[FOREIGN][secret.what]]
        wrong += [
            *(
                (secret.what, "read by", who, where)
                for who, where in found.items()
                if not {who, _ROLES.get(who, who)} & may
            ),
            *((secret.what, "not read by", who) for who in sorted(must - found.keys())),
            *(
                (secret.what, "foreign, read by", who, where)
                for who, where in abroad.items()
                if not who[0].startswith("far-")
            ),
        ]
    assert not wrong, "\n".join(str(each) for each in wrong)


@pytest.mark.django_db
def test_every_secret_is_read_by_those_it_is_for_and_by_nobody_else(at_noon: None) -> None:
    ours, foreign = world(), world(prefix="far-")
    planted = plant(ours, OURS), plant(foreign, FOREIGN)
    words = Words(*planted)
    # All of them before anybody walks: an organisation without a manager is looked after by any.
    everybody, officers = list(walkers(ours, foreign)), list(named(ours))
    everywhere = [*addresses(*planted), *asking()]

    read: Found = defaultdict(dict)
    for walker in everybody:
        for address in everywhere if walker.role else [*everywhere, *same_for_all()]:
            words.note(read, walker.reader, address.path, walker.reads.get(address.path))
    for walker in officers:
        page = "/admin/exchanges/exchange/"
        words.note(read, walker.reader, page, walker.reads.get(page))
    check(words, read, asked=False)

    told: Found = defaultdict(dict)
    for walker in (*everybody, *officers):
        for path, response in _asked_what_for(walker, planted):
            words.note(told, walker.reader, path, response)
    check(words, told, asked=True)


def _asked_what_for(walker: Walker, planted: Iterable[Planted]) -> Iterator[tuple[str, HttpResponse]]:
    """Open what is shown for a purpose only, with a purpose."""
    for each in planted:
        for path, form in (
            ("/admin/people/detention/", {"who": each.held, "purpose": "parcel_delivery"}),
            (f"/admin/exchanges/visit/{each.visit}/place/", {"purpose": "visit"}),
            (
                f"/admin/exchanges/return/{each.group}/do/look/",
                {"look-purpose": "verification", "purpose": "verification"},
            ),
            (f"/admin/exchanges/exchange/{each.exchange}/purpose/", {"purpose": "verification"}),
        ):
            yield path, walker.reads.post(path, form)
        page = f"/admin/exchanges/exchange/{each.exchange}/"
        yield page, walker.reads.get(page)
    # Who may not open a name is refused each in the same way, and has read the page itself before.
    for page, address, form, pks in (
        ("/admin/people/person/", "change/", {"deed": "open"}, _all(Person)),
        ("/admin/parcels/parcel/", "open/", {}, _all(Parcel)),
    ):
        for pk in pks if "system" not in walker.role else ():
            said = walker.reads.post(f"{page}{pk}/{address}", {**form, "purpose": "verification"})
            shown = f"{page}{pk}/change/"
            yield shown, said
            if said.status_code == HTTPStatus.FOUND and walker.role:
                yield shown, walker.reads.get(shown)


def _all(model: type[Model]) -> list[int]:
    return list(model._default_manager.order_by("pk").values_list("pk", flat=True))


# Kept of every request, whatever comes of it.
_KEPT_OF_REQUESTS = frozenset(
    {"django_session", "people_auditentry", "people_staffsession", "people_throttlewindow"}
)
# What anybody may change of their own: the session, the ways in, the address of a calendar.
_THEIR_OWN = (
    "admin/logout/",
    "admin/acts-for/",
    "admin/exchanges/visit/calendar/",
    *(each for each in patterns() if each.startswith(("admin/login/", "admin/account/"))),
)
# They name a part of the desk, or the sides: every office's managers look after what has none.
_NOBODYS = tuple(
    each
    for each in patterns()
    if each.endswith("/<path:object_id>/")
    or "app_label" in each
    or "/party/" in each
    or "/organisation/" in each
)


def written() -> dict[str, int]:
    """Return table → rows written in this transaction, those of refused writes included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {table: rows for table, rows in cursor.fetchall() if table not in _KEPT_OF_REQUESTS}


@pytest.mark.django_db
def test_an_empty_post_by_who_has_no_right_is_refused_and_writes_nothing(at_noon: None) -> None:
    ours = world()
    planted = plant(ours, OURS)
    # Only our own ids: to the foreign office each of them is somebody else's.
    everywhere = [each for each in addresses(planted) if each.pattern not in _THEIR_OWN]
    everything = next(each for each in walkers(ours, world(prefix="far-")) if each.role == "everything")
    auditor = staff("reads-all", Role.AUDITOR, ours.north)

    wrong = []
    for who, browser in (
        ("stranger", Browser()), ("foreign", everything.reads), ("auditor", signed_in(auditor)),
    ):  # fmt: skip
        for address in everywhere:
            before = written()
            response = browser.post(address.path)
            changed = {table for table, rows in written().items() if rows != before.get(table)}
            if changed or not _is_refused(who, address, response):
                wrong.append((who, address.path, response.status_code, changed))
    assert not wrong, "\n".join(str(each) for each in wrong)


def _is_refused(who: str, address: Address, response: HttpResponse) -> bool:
    if HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    if response.status_code == HTTPStatus.FOUND and response["Location"].startswith("/admin/login/"):
        return True
    # A page that is theirs to open, or that names no object of ours, is shown again.
    theirs = who == "auditor" or not address.filled or address.pattern in _NOBODYS
    return who != "stranger" and theirs and response.status_code < HTTPStatus.BAD_REQUEST
