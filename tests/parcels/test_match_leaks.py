"""Nothing an outsider can send tells whether a person is held or known: not by words, numbers or time."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people import groups
from people.actions import Telling
from people.models import MatchStatement, PossibleMatch
from tests.factories import NOON, World, accepted, move, registered, world
from tests.partners import Partner, partner
from tests.people.people import match, recorded

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "Коваленко Іван Сергійович", "Жадан Остап Вікторович"
BORN = "1985-03-04"


@pytest.fixture
def w() -> World:
    """North knows Ivan by another spelling, South holds him, and each of the two said so."""
    w = world()
    ours = recorded(w.north, "Kovalenko Ivan Sergeevich", BORN, "N-1")
    held = recorded(w.south, "Ivan Sergeevich Kovalenko", BORN)
    match(ours, held, shown=lambda asked: set(asked))
    assert groups.same_as(ours.pk, w.north.pk)
    return w


def declared(name: str, number: int) -> dict[str, Any]:
    return {
        "round": "december",
        "external_id": f"sent-{number}",
        "sender": {"name": "Olha Home", "phone": f"+99900000{number}"},
        "recipient": {"name": name, "born_on": BORN},
        "items": [{"description": "печенье", "quantity": 1, "unit_mass_g": 500}],
        "declared_mass_g": 6000,
    }


@contextmanager
def statements() -> Iterator[list[str]]:
    """What was asked of the database, without the values."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    found += [
        re.sub(r"'(?:[^']|'')*'|-?\b\d+\b|s\d+_x\d+", "?", query["sql"]).replace("( ?", "(?")[:160]
        for query in queries
    ]


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what is random for every parcel."""
    return {
        key: value
        for key, value in answer.items()
        if key not in ("number", "receipt_code", "external_id", "registered_at", "status_since", "since")
    }


def test_declaration_is_answered_alike_by_the_same_statements(w: World) -> None:
    north = partner(w.north, "registrar")
    north.post("/api/v1/parcels/", declared("Інша Людина", 0))
    answers, asked = [], []
    for number, name in enumerate((KNOWN, UNKNOWN), 1):
        with statements() as made:
            response = north.post("/api/v1/parcels/", declared(name, number))
        assert response.status_code == 201
        answers.append(plain(response.json()))
        asked.append(made)

    assert answers[0].keys() == answers[1].keys()
    assert {key for key in answers[0] if answers[0][key] != answers[1][key]} <= {
        "recipient",
        "updated_at",
        "url",
    }
    assert asked[0] == asked[1]


def test_dry_run_and_result_file_read_alike(w: World, tmp_path: Path) -> None:
    results = []
    for number, name in enumerate((KNOWN, UNKNOWN)):
        path = tmp_path / f"{number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["external_id", "sender_name", "sender_phone", "contact_by", "relationship", "prisoner_name", "prisoner_birth_date",
                 "declared_mass_g", "item_1_description", "item_1_quantity", "item_1_unit_mass_g"]
            )  # fmt: skip
            writer.writerow(
                [
                    "row-a",
                    "Olha Home",
                    f"+9990000{number}",
                    "phone",
                    "mother",
                    name,
                    BORN,
                    6000,
                    "печенье",
                    1,
                    500,
                ]
            )
        said = io.StringIO()
        with statements() as asked:
            call_command("import_manifest", str(path), round="december", dry_run=True, stdout=said)
        results.append(
            (
                path.with_name(f"{number}.csv.result.csv").read_text(),
                asked,
                said.getvalue().replace(str(path), ""),
            )
        )

    assert results[0][0] == results[1][0]
    assert results[0][1] == results[1][1]
    assert "оваленко" not in "".join(map(str, results))


def test_import_does_not_match_while_it_answers(w: World, tmp_path: Path) -> None:
    before = (MatchStatement.objects.count(), PossibleMatch.objects.count())

    registered(w, recipient=Telling("prisoner", KNOWN, BORN))

    assert (MatchStatement.objects.count(), PossibleMatch.objects.count()) == before


def test_public_check_and_track_read_alike(w: World) -> None:
    public = Client()
    body = {"items": [{"description": "печенье", "quantity": 1, "unit_mass_g": 500}]}
    first = public.post("/api/v1/screenings/", body, content_type="application/json").json()
    match(registered(w, recipient=Telling("prisoner", KNOWN, BORN)).recipient)
    assert public.post("/api/v1/screenings/", body, content_type="application/json").json() == first

    seen = []
    for name in (KNOWN, UNKNOWN):
        parcel = accepted(w, recipient=Telling("prisoner", name, BORN))
        match(parcel.recipient, shown=lambda asked: set(asked))
        seen.append(_tracked(parcel.pk, public))
    assert seen[0] == seen[1]


def _tracked(parcel: int, public: Client) -> Any:
    from django.conf import settings  # noqa: PLC0415

    from parcels import codes  # noqa: PLC0415
    from parcels.models import Parcel  # noqa: PLC0415

    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(Parcel.objects.get(pk=parcel).seed))
    with statements() as asked:
        answer = public.post("/api/v1/track/", {"receipt_code": code}, content_type="application/json")
    assert answer.status_code == 200
    return answer.json(), asked


def test_a_match_is_in_no_answer_to_a_partner(w: World) -> None:
    north: Partner = partner(w.north, "registrar", "dispatcher", "liaison")
    parcel = move(registered(w, recipient=Telling("prisoner", KNOWN, BORN)), "accept", w.act(w.amina),
                  gross_mass_g=6000, place="counter", now=NOON)  # fmt: skip
    before = north.get(f"/api/v1/parcels/{parcel.number}/").json()
    tag = north.get(f"/api/v1/parcels/{parcel.number}/").headers.get("ETag")

    match(parcel.recipient, shown=lambda asked: set(asked))

    assert groups.same_as(parcel.recipient_id, w.north.pk)
    after = north.get(f"/api/v1/parcels/{parcel.number}/")
    assert (after.json(), after.headers.get("ETag")) == (before, tag)
    assert "match" not in after.content.decode()


def test_every_message_of_the_matching_worker_is_free_of_people(
    w: World, capsys: pytest.CaptureFixture[str]
) -> None:
    from parcels import workers  # noqa: PLC0415

    registered(w, recipient=Telling("prisoner", KNOWN, BORN))

    workers.drain("match")

    written = "".join(capsys.readouterr())
    assert "оваленко" not in written
    assert BORN not in written
