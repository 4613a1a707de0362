"""Lists in the admin: taken in, compared, exported by two, seen by their office only."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from people import approvals
from people.models import Approval, AuditEntry, ListComparison, PrisonerList
from tests.factories import World, world
from tests.parcels.admin.desk import messages, signed_in, text

pytestmark = pytest.mark.django_db
KEEP = reverse("admin:people_list_keep")
OURS = "name,birth date\nКоваленко Іван Сергійович,1985-03-04\nМельник Петро Іванович,1990-01-02\nОрлик Юрій,1980\n"
THEIRS = "ФИО;дата рождения\nKovalenko Ivan;04.03.1985\nMelnik Petr Ivanovich;01.02.1990\nTkach Boris;1966\n"


@pytest.fixture
def w() -> World:
    return world()


def take_in(w: World, text_: str, title: str, stated_by: int, **fields: object) -> object:
    told = {
        "office": w.north.pk, "stated_by": stated_by, "title": title, "stated_on": "2026-11-01",
        "file": SimpleUploadedFile("list.csv", text_.encode()),
    }  # fmt: skip
    return signed_in(w.amina).post(KEEP, told | fields)


def compared(w: World) -> ListComparison:
    take_in(w, OURS, "ours", w.north.pk)
    take_in(w, THEIRS, "theirs", w.south.pk)
    ours, theirs = PrisonerList.objects.order_by("pk")
    signed_in(w.amina).post(reverse("admin:people_list_compare", args=[ours.pk]), {"theirs": theirs.pk})
    return ListComparison.objects.get()


def page_of(comparison: ListComparison) -> str:
    return reverse("admin:people_listcomparison_change", args=[comparison.pk])


def test_lists_are_taken_in_and_compared(w: World) -> None:
    comparison = compared(w)

    answer = signed_in(w.amina).get(page_of(comparison))

    said = text(answer)
    for words in (
        "4 rows in four groups",
        "Kovalenko Ivan",
        "Day and month of birth changed places",
        "Tkach Boris",
    ):
        assert words in said
    assert b'aria-label="on both: 1, uncertain: 1, only on ours: 1, only on theirs: 1"' in answer.content
    assert AuditEntry.objects.filter(act="open_comparison", staff=w.amina).count() == 1
    only = text(signed_in(w.amina).get(page_of(comparison), {"kind": "uncertain", "reason": "born_swapped"}))
    assert "Melnik Petr" in only
    assert "Tkach" not in only


def test_faulty_list_keeps_nothing_and_what_was_typed(w: World) -> None:
    answer = take_in(w, "rank\nx\n", "of November", w.south.pk)

    assert answer.status_code == 400  # type: ignore[attr-defined]
    assert "The first row must head the columns" in text(answer)
    assert 'value="of November"' in answer.content.decode()  # type: ignore[attr-defined]
    assert not PrisonerList.objects.exists()


def test_corrected_list_says_so(w: World) -> None:
    comparison = compared(w)
    take_in(w, THEIRS + "Orlyk Yurii;1980\n", "theirs again", w.south.pk, replaces=comparison.theirs_id)

    assert ListComparison.objects.count() == 2
    old = text(
        signed_in(w.amina).get(reverse("admin:people_prisonerlist_change", args=[comparison.theirs_id]))
    )
    assert "It was corrected by" in old


@pytest.mark.parametrize(("who", "status"), [("bruno", 403), ("elena", 403), ("farid", 404)])
def test_others_see_no_list(w: World, who: str, status: int) -> None:
    comparison, member = compared(w), signed_in(getattr(w, who))

    for address in (
        page_of(comparison),
        reverse("admin:people_prisonerlist_change", args=[comparison.ours_id]),
    ):
        assert member.get(address).status_code == status
    export = reverse("admin:people_comparison_export", args=[comparison.pk])
    assert member.post(export).status_code in (403, 404)
    assert not Approval.objects.exists()


def test_export_is_proposed_confirmed_and_fetched_once(w: World) -> None:
    comparison = compared(w)
    export = reverse("admin:people_comparison_export", args=[comparison.pk])
    assert signed_in(w.amina).post(export).status_code == 403
    gita = signed_in(w.gita)

    assert messages(gita.post(export, follow=True)) == [
        "Proposed. Another officer confirms it; then it can be fetched once."
    ]
    approvals.confirm(Approval.objects.get().pk, by=w.act(w.ivo), now=comparison.made_at)
    fetched = gita.post(export)

    assert fetched["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in fetched["Cache-Control"]
    assert "Коваленко Іван Сергійович" in fetched.content.decode()
    again = gita.post(export)
    assert again.status_code == 302
    assert Approval.objects.filter(decision=None).count() == 1
