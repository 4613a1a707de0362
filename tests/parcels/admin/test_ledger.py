"""The ledger's pages: for officers of a party, each organisation with what it itself saw."""

import csv
import io
import json
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exchanges.models import Agreement
from parcels.models import LedgerSnapshot
from people.models import AuditEntry, Staff
from tests.factories import World, dispatched, organisation, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/parcels/ledgersnapshot/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def snapshot(w: World) -> LedgerSnapshot:
    dispatched(w)
    freeze(w, w.gita)
    return LedgerSnapshot.objects.get()


def page(w: World) -> str:
    return f"{LIST}agreement/{w.terms.agreement_id}/"


def freeze(w: World, member: Staff) -> Any:
    return signed_in(member).post(page(w), {"meets_on": "2026-12-01"}, follow=True)


def pages(snapshot: LedgerSnapshot) -> list[str]:
    return [
        f"{LIST}{snapshot.pk}/change/",
        f"{LIST}{snapshot.pk}/json/",
        f"{LIST}{snapshot.pk}/csv/",
        f"{LIST}compare/?a={snapshot.pk}&b={snapshot.pk}",
    ]


def test_ledger_shows_counts_with_their_sources_as_table_and_picture(w: World) -> None:
    dispatched(w)
    shown = signed_in(w.gita).get(page(w))
    assert "Parcels dispatched North to South 1 North its own records" in text(shown)
    assert "1 · North to South · stated by North" in shown.content.decode()
    assert "Nothing is recorded." in text(shown)


def test_frozen_ledger_shows_its_hash_and_is_recorded(w: World) -> None:
    dispatched(w)
    answer = freeze(w, w.gita)
    made = LedgerSnapshot.objects.get()
    assert messages(answer) == [f"Frozen. Its SHA-256 is {made.sha256}."]
    assert (str(made.meets_on), made.made_by, made.organisation) == ("2026-12-01", w.gita, w.north)
    assert "the same" in text(answer)
    assert AuditEntry.objects.filter(act="freeze_ledger", subject=made.pk, staff=w.gita).count() == 1


def test_json_is_the_very_text_that_was_hashed(w: World, snapshot: LedgerSnapshot) -> None:
    answer = signed_in(w.ivo).get(f"{LIST}{snapshot.pk}/json/")
    assert answer.content.decode() == snapshot.text
    assert AuditEntry.objects.filter(act="download_ledger", staff=w.ivo).count() == 1


def test_csv_has_every_number(w: World, snapshot: LedgerSnapshot) -> None:
    answer = signed_in(w.ivo).get(f"{LIST}{snapshot.pk}/csv/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["what"], row["source"], row["value"]) for row in rows] == [
        ("target", "both sides", "2000"), ("declared", "north", "1"), ("accept", "north", "1"),
        ("dispatch", "north", "1"),
    ]  # fmt: skip


def test_file_is_known_by_its_hash(w: World, snapshot: LedgerSnapshot) -> None:
    for content, known in ((snapshot.text, True), (snapshot.text + " ", False)):
        file = SimpleUploadedFile("a.json", content.encode())
        answer = signed_in(w.gita).post(f"{LIST}check/", {"file": file})
        assert (answer.context["found"] == snapshot) is known
    assert signed_in(w.gita).post(f"{LIST}check/", {}).status_code == HTTPStatus.BAD_REQUEST


def test_two_snapshots_are_compared(w: World, snapshot: LedgerSnapshot) -> None:
    dispatched(w)
    freeze(w, w.ivo)
    later = LedgerSnapshot.objects.latest("pk")
    shown = signed_in(w.gita).get(f"{LIST}compare/", {"a": str(later.pk), "b": str(snapshot.pk)})
    assert "Parcels dispatched north to south north its own records 1 2" in text(shown)
    assert "No number differs." in text(signed_in(w.gita).get(pages(snapshot)[3]))


def test_other_party_keeps_its_own(w: World, snapshot: LedgerSnapshot) -> None:
    hana = staff("hana", "liaison", w.south)
    for address in pages(snapshot):
        assert signed_in(hana).get(address).status_code == HTTPStatus.NOT_FOUND
    assert signed_in(hana).get(LIST).context["cl"].result_count == 0
    file = SimpleUploadedFile("a.json", snapshot.text.encode())
    assert signed_in(hana).post(f"{LIST}check/", {"file": file}).context["found"] is None
    freeze(w, hana)
    assert json.loads(LedgerSnapshot.objects.latest("pk").text)["seen_by"] == "south"


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_others_see_no_ledger(w: World, snapshot: LedgerSnapshot, who: str) -> None:
    client = signed_in(getattr(w, who))
    for address in (*pages(snapshot), LIST, page(w), f"{LIST}check/"):
        assert client.get(address).status_code == HTTPStatus.FORBIDDEN
    assert freeze(w, getattr(w, who)).status_code == HTTPStatus.FORBIDDEN
    assert LedgerSnapshot.objects.count() == 1


def test_strangers_find_no_agreement(w: World, snapshot: LedgerSnapshot) -> None:
    zora = staff("zora", "coordinator", organisation("west"))
    assert signed_in(zora).get(page(w)).status_code == HTTPStatus.NOT_FOUND
    assert freeze(w, zora).status_code == HTTPStatus.NOT_FOUND
    assert "Agreement" not in [str(each) for each in signed_in(zora).get(LIST).context["agreements"]]
    foreign = Agreement.objects.create(title_en="Foreign", valid_from="2026-01-01")
    assert signed_in(w.gita).get(f"{LIST}agreement/{foreign.pk}/").status_code == HTTPStatus.NOT_FOUND
    assert LedgerSnapshot.objects.count() == 1


def test_agreements_page_leads_officers_to_it(w: World) -> None:
    address = f"/admin/exchanges/agreement/{w.terms.agreement_id}/change/"
    for member, leads in ((w.gita, True), (w.amina, False)):
        assert (page(w) in signed_in(member).get(address).content.decode()) is leads
