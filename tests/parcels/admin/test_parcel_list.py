"""The list of parcels: who sees which rows, how they are found, and at what cost."""

import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.db.models import Value
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parcels.admin import parcel_list
from parcels.models import Parcel
from people.actions import Telling
from people.desk import BoundedPaginator
from tests.factories import (
    World,
    accepted,
    cleared,
    dispatched,
    handed_over,
    move,
    organisation,
    registered,
    staff,
    world,
)  # fmt: skip
from tests.parcels.admin.desk import signed_in, text

LIST = "/admin/parcels/parcel/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def amina(w: World) -> Client:
    return signed_in(w.amina)


def listed(client: Client, query: str = "") -> list[str]:
    answer = client.get(LIST + query)
    assert answer.status_code == HTTPStatus.OK
    return sorted(parcel.number for parcel in answer.context["cl"].result_list)


def test_list_shows_status_in_words_mass_and_marks(w: World, amina: Client) -> None:
    parcel = accepted(w)
    Parcel.objects.update(overdue_since=parcel.status_since, frozen=True, flagged=True)
    shown = re.sub(r".* parcels? selected", "", text(amina.get(LIST)))
    assert f"{parcel.number} accepted 20 Nov 2026 december 6.00 kg overdue frozen flagged P. A." in shown


def test_names_are_masked_for_those_who_may_and_absent_for_others(w: World) -> None:
    registered(w)
    assert "P. A." in text(signed_in(w.amina).get(LIST))
    assert "P. A." not in text(signed_in(w.bruno).get(LIST))


def test_search_finds_by_number_however_it_is_typed(w: World, amina: Client) -> None:
    parcel, _ = registered(w), registered(w)
    assert listed(amina, f"?q={parcel.number[:4].lower()}+{parcel.number[4:]}") == [parcel.number]


def test_search_finds_by_external_id(w: World, amina: Client) -> None:
    parcel, _ = registered(w, external_id="desk 7/12"), registered(w)
    assert listed(amina, "?q=desk+7/12") == [parcel.number]


@pytest.mark.parametrize("typed", ["Сергей Коваленко", "Serhii Kovalenko", "Коваленко", "Kovalenko Sergey"])
def test_search_finds_by_whole_names_in_either_script(w: World, amina: Client, typed: str) -> None:
    parcel = registered(w, recipient=Telling("prisoner", "Коваленко Сергій Петрович", "1990-01-01"))
    registered(w)
    assert listed(amina, f"?q={typed}") == [parcel.number]


def test_search_finds_the_sender_for_the_sending_side_only(w: World, amina: Client) -> None:
    parcel = registered(w, sender=Telling("sender", "Olha Sydorenko", contact={"phone": "+1"}))
    assert listed(amina, "?q=Sydorenko") == [parcel.number]
    assert listed(signed_in(w.farid), "?q=Sydorenko") == []


def test_search_by_name_finds_nothing_for_those_who_may_not_read_names(w: World) -> None:
    registered(w, recipient=Telling("prisoner", "Коваленко Сергій", "1990-01-01"))
    assert listed(signed_in(w.bruno), "?q=Kovalenko") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [("?status=accepted", 1), ("?status=registered", 2), ("?round=december", 3), ("?round=other", 0),
     ("?overdue=yes", 1), ("?frozen=yes", 1), ("?flagged=yes", 1), ("?held=yes", 1), ("?untied=yes", 3),
     ("?status=&round=&q=", 3), ("?status=accepted&overdue=yes", 1), ("?status=registered&overdue=yes", 0)],
)  # fmt: skip
def test_filters_keep_what_they_say(w: World, amina: Client, query: str, expected: int) -> None:
    marked, _, _ = accepted(w), registered(w), registered(w)
    Parcel.objects.filter(pk=marked.pk).update(
        overdue_since=marked.status_since, frozen=True, flagged=True, held_from=2
    )
    assert len(listed(amina, query)) == expected


def test_only_rounds_of_ones_own_organisation_are_there(w: World) -> None:
    parcel = registered(w)
    stranger = signed_in(staff("zora", "coordinator", organisation("west")))
    assert listed(stranger) == []
    assert stranger.get(f"{LIST}{parcel.pk}/change/").status_code == HTTPStatus.NOT_FOUND
    assert listed(signed_in(w.elena)) == [parcel.number]


def test_manager_sees_no_parcels(w: World) -> None:
    parcel = registered(w)
    manager = signed_in(staff("nadia", "manager", w.north))
    assert manager.get(LIST).status_code == HTTPStatus.FORBIDDEN
    assert manager.get(f"{LIST}{parcel.pk}/change/").status_code == HTTPStatus.FORBIDDEN


def test_holding_side_does_not_read_a_contest_out_of_the_status(w: World) -> None:
    parcel = handed_over(w)
    parcel = move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(parcel, "contest", w.act(w.gita), document="D-1")
    elena = signed_in(w.elena)
    assert listed(elena, "?status=missing") == []
    assert listed(elena, "?status=received") == [parcel.number]
    assert "being traced" not in text(elena.get(f"{LIST}?q={parcel.number}")).partition("parcels selected")[2]
    assert listed(signed_in(w.gita), "?status=missing") == [parcel.number]


@pytest.mark.parametrize("who", ["amina", "elena", "dawit"])
def test_list_asks_as_often_for_three_parcels_as_for_one(w: World, who: str) -> None:
    client = signed_in(getattr(w, who))
    counts = []
    for make in (dispatched, cleared, registered):
        make(w)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == HTTPStatus.OK
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_long_list_is_not_counted_to_its_end(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        registered(w)
    monkeypatch.setattr("people.desk.MOST_COUNTED", 3)
    assert BoundedPaginator(Parcel.objects.order_by("pk"), 2).count == 3


def test_actions_are_those_of_ones_role(w: World) -> None:
    registered(w)

    def offered(client: Client) -> set[str]:
        return {
            value for value, _ in client.get(LIST).context["action_form"].fields["action"].choices if value
        }

    assert offered(signed_in(w.amina)) == {"cancel", "accept", "reopen", "return", "check_tie"}
    assert offered(signed_in(w.bruno)) == {"reopen"}
    assert offered(signed_in(w.dawit)) == {"pack", "unpack", "dispatch", "send_back", "bring_back",
        "report_missing", "find"}  # fmt: skip
    assert offered(signed_in(w.elena)) == {"hand_over", "admit", "receive", "fail", "redirect", "bring_back",
        "report_missing", "find"}  # fmt: skip
    assert offered(signed_in(w.ivo)) == {"settle_on_list", "settle_both_offices", "settle_neutral"}


def test_nothing_can_be_added_or_deleted_by_the_stock_pages(w: World, amina: Client) -> None:
    parcel = registered(w)
    assert amina.get(f"{LIST}add/").status_code == HTTPStatus.FORBIDDEN
    assert amina.post(f"{LIST}{parcel.pk}/delete/", {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN
    assert amina.post(f"{LIST}{parcel.pk}/change/", {"status": "cleared"}).status_code == 405
    parcel.refresh_from_db()
    assert parcel.status == "registered"


def test_contest_shows_nowhere_at_the_holding_side(w: World) -> None:
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    enzo = signed_in(staff("enzo", "liaison", w.south))
    pages = (LIST, f"{LIST}?held=yes", f"{LIST}?status=missing", f"{LIST}{parcel.pk}/change/", "/admin/")
    before = [text(enzo.get(page)) for page in (*pages, f"{LIST}news/")]

    move(parcel, "contest", w.act(w.gita), document="LETTER-1")
    Parcel.objects.update(overdue_since=parcel.status_since)

    assert [text(enzo.get(page)) for page in (*pages, f"{LIST}news/")] == before
    assert enzo.get(f"{LIST}?held_from__isnull=False").status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("mark", "index"),
    [
        (parcel_list.OverdueFilter, "parcel_overdue"),
        (parcel_list.FrozenFilter, "parcel_frozen"),
        (parcel_list.FlaggedFilter, "parcel_flagged"),
        (parcel_list.HeldNewsFilter, "parcel_news_held"),
    ],
)
def test_marked_parcels_are_found_without_reading_all(
    db: None, mark: type[parcel_list._Mark], index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        seen = Parcel.objects.annotate(marked=Value(True))
        plan = seen.filter(mark.met).order_by("-pk").explain()

    assert f"using {index} on" in plan
