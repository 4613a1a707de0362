import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.api import urlpatterns
from config.scratch import Database
from parcels import workers
from parcels.models import Movement, Parcel
from people.models import SavedReply
from tests import factories
from tests.databases import as_role
from tests.partners import Partner, declaration, partner, problem


@pytest.fixture
def north(db: None) -> Partner:
    return partner(factories.world().north, "registrar")


def test_repeat_is_answered_and_not_done_again(north: Partner) -> None:
    asked = declaration()

    first, second = (north.post("/api/v1/parcels/", asked, key="once") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"] == f"/api/v1/parcels/{first.json()['number']}/"
    assert (Parcel.objects.count(), SavedReply.objects.count()) == (1, 1)


def test_saved_reply_holds_no_receipt_code_and_no_name(north: Partner) -> None:
    code = north.post("/api/v1/parcels/", declaration(), key="once").json()["receipt_code"]

    kept = json.dumps(SavedReply.objects.values_list("body", flat=True).get(), ensure_ascii=False)
    assert (code in kept, "receipt_code" in kept, "Olha" in kept, "Pavlo" in kept) == (False,) * 4


def test_key_is_needed_for_every_write(north: Partner) -> None:
    for path in ("/api/v1/parcels/", "/api/v1/moves/"):
        answer = north.post(path, declaration(), key=None)
        assert problem(answer) == (400, "/problems/idempotency-key-missing")
    assert (Parcel.objects.count(), SavedReply.objects.count()) == (0, 0)


@pytest.mark.parametrize("key", ["x" * 256, "тест".encode().decode("latin-1"), "a\tb"])
def test_key_of_another_form_is_refused(north: Partner, key: str) -> None:
    assert problem(north.post("/api/v1/parcels/", declaration(), key=key)) == (400, "/problems/validation")
    assert Parcel.objects.count() == 0


def test_same_key_with_another_body_is_refused(north: Partner) -> None:
    north.post("/api/v1/parcels/", declaration(), key="once")

    answer = north.post("/api/v1/parcels/", declaration(), key="once")

    assert problem(answer) == (422, "/problems/idempotency-mismatch")
    assert Parcel.objects.count() == 1


def test_same_key_at_another_address_is_refused(north: Partner) -> None:
    asked = {"moves": []}
    assert north.post("/api/v1/moves/", asked, key="once").status_code == 200

    answer = north.post("/api/v1/parcels/", asked, key="once")

    assert problem(answer) == (422, "/problems/idempotency-mismatch")


def test_key_belongs_to_its_organisation(db: None) -> None:
    w = factories.world()
    north, harbour = partner(w.north, "registrar"), partner(w.harbour, "liaison")
    assert north.post("/api/v1/moves/", {"moves": []}, key="once").status_code == 200

    assert harbour.post("/api/v1/moves/", {"moves": [5]}, key="once").status_code == 200


def test_refused_write_leaves_its_key_free(north: Partner) -> None:
    wrong = declaration(round="no-such-round")
    assert problem(north.post("/api/v1/parcels/", wrong, key="once")) == (400, "/problems/validation")

    assert north.post("/api/v1/parcels/", declaration(), key="once").status_code == 201


def test_reply_is_forgotten_after_thirty_days(north: Partner) -> None:
    north.post("/api/v1/parcels/", declaration(), key="once")
    SavedReply.objects.update(saved_at=timezone.now() - timedelta(days=30))

    assert north.post("/api/v1/parcels/", declaration(), key="once").status_code == 201
    assert (Parcel.objects.count(), SavedReply.objects.count()) == (2, 1)


def test_many_at_once_are_done_once(committed_db: Database) -> None:
    w = factories.world()
    north, asked = partner(w.north, "registrar"), declaration()

    def send(_: int) -> int:
        try:
            return Partner(north.token).post("/api/v1/parcels/", asked, key="once").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(send, range(12)))

    assert statuses <= {201, 409}
    assert (201 in statuses, Parcel.objects.count(), Movement.objects.count()) == (True, 1, 1)


def test_many_keys_for_one_external_id_make_one_parcel(committed_db: Database) -> None:
    w = factories.world()
    north, asked = partner(w.north, "registrar"), declaration()

    def send(number: int) -> tuple[int, str]:
        try:
            answer = Partner(north.token).post("/api/v1/parcels/", asked, key=f"key {number}")
            return answer.status_code, answer.json()["number"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(12)))

    assert sorted(status for status, _ in answers) == [200] * 11 + [201]
    assert len({number for _, number in answers}) == 1
    assert Parcel.objects.count() == 1


def writes() -> list[str]:
    """Every address of the interface at which something can be posted, as the URL configuration has it."""
    found = []
    for pattern in urlpatterns:
        view = getattr(getattr(pattern, "callback", None), "cls", None)
        path = str(pattern.pattern)
        if view is not None and path.startswith("api/v1/") and hasattr(view, "post"):
            assert not {"put", "patch", "delete"} & set(vars(view)), path
            found.append(path)
    return found


# They store nothing, and need no account.
WITHOUT_A_KEY = {"api/v1/track/", "api/v1/screenings/"}


def test_addresses_that_write_are_known() -> None:
    assert {"api/v1/parcels/", "api/v1/moves/", *WITHOUT_A_KEY} <= set(writes())


@pytest.mark.parametrize("path", sorted(set(writes()) - WITHOUT_A_KEY))
def test_every_write_asks_for_a_key(db: None, path: str) -> None:
    w = factories.world()
    roles = ("registrar", "dispatcher", "liaison", "coordinator")
    north = partner(w.north, *roles)
    before = (Parcel.objects.count(), Movement.objects.count())

    answer = north.post(f"/{re.sub(r'<[^>]*>', '1', path)}", {}, key=None)

    assert problem(answer) == (400, "/problems/idempotency-key-missing")
    assert (Parcel.objects.count(), Movement.objects.count(), SavedReply.objects.count()) == (*before, 0)


@pytest.mark.parametrize("path", sorted(WITHOUT_A_KEY))
def test_what_writes_nothing_asks_for_none(north: Partner, path: str) -> None:
    assert problem(north.post(f"/{path}", {}, key=None)) == (400, "/problems/validation")


def test_reply_that_is_kept_longer_is_purged(db: None) -> None:
    north = partner(factories.world().north, "registrar")
    for key in ("old", "new"):
        north.post("/api/v1/parcels/", declaration(), key=key)
    SavedReply.objects.filter(key="old").update(saved_at=timezone.now() - timedelta(days=31))

    with as_role("lifeline_worker"):
        workers.drain("tidy")

    assert list(SavedReply.objects.values_list("key", flat=True)) == ["new"]
