"""Who is on the holding side's list is settled from a comparison."""

from datetime import date

import pytest
from django.urls import reverse

from exchanges.models import SettledAddressee
from people import lists
from people.actions import Telling
from people.lists import Entry
from people.models import ListComparison, PrisonerList
from tests.factories import NOON, World, registered, world
from tests.parcels.admin.desk import signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def compared(w: World) -> ListComparison:
    registered(w, recipient=Telling("prisoner", "Коваленко Іван Сергійович", "1985-03-04"))
    registered(w, recipient=Telling("prisoner", "Мельник Петро Іванович", "1990-01-02"))
    signed_in(w.amina).post(reverse("admin:parcels_list_of_round"), {"round": w.round.pk})
    theirs = lists.keep_list(
        [Entry(2, "Kovalenko Ivan", "1985-03-04")], title="November", stated_on=date(2026, 11, 1),
        stated_by=w.south, by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    ours = PrisonerList.objects.exclude(pk=theirs.pk).get()
    return lists.compare_lists(ours, theirs, by=w.act(w.gita), now=NOON)


def test_who_is_on_both_lists_is_settled(w: World) -> None:
    comparison = compared(w)
    url, gita = reverse("admin:parcels_settle_listed", args=[comparison.pk]), signed_in(w.gita)
    assert "1 not settled yet" in text(gita.get(url))

    gita.post(url)

    settled = SettledAddressee.objects.get()
    assert (settled.how, settled.holding, settled.recorded_by) == ("on_list", w.south, w.gita)
    assert "0 not settled yet" in text(gita.get(url))


@pytest.mark.parametrize(("who", "status"), [("amina", 403), ("dawit", 403), ("elena", 403), ("farid", 404)])
def test_others_settle_nothing(w: World, who: str, status: int) -> None:
    url = reverse("admin:parcels_settle_listed", args=[compared(w).pk])

    assert signed_in(getattr(w, who)).post(url).status_code == status
    assert not SettledAddressee.objects.exists()


def test_round_of_another_office_makes_no_list(w: World) -> None:
    registered(w)

    assert (
        signed_in(w.farid).post(reverse("admin:parcels_list_of_round"), {"round": w.round.pk}).status_code
        == 400
    )
    assert not PrisonerList.objects.exists()
