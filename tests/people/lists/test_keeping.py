"""Lists are kept, corrected, compared and exported; nothing of them lies open."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from people import approvals, lists
from people.lists import Entry, NotComparable
from people.models import AuditEntry, ComparedRow, ListComparison, ListEntry, Organisation, PrisonerList
from tests.factories import NOON, World, world

pytestmark = pytest.mark.django_db
OURS = [Entry(2, "Коваленко Іван Сергійович", "1985-03-04"), Entry(3, "=cmd|' /C calc'!A0", "1990")]
THEIRS = [Entry(2, "Kovalenko Ivan", "1985-03-04", "N-1"), Entry(3, "Melnik Petr", "", "", "in spring")]


@pytest.fixture
def w() -> World:
    return world()


def kept(
    w: World, entries: list[Entry], by: Organisation, replaces: PrisonerList | None = None
) -> PrisonerList:
    return lists.keep_list(
        entries, title="November", stated_on=date(2026, 11, 1), stated_by=by, by=w.act(w.amina), now=NOON,
        replaces=replaces,
    )  # fmt: skip


def compared(w: World) -> ListComparison:
    return lists.compare_lists(kept(w, OURS, w.north), kept(w, THEIRS, w.south), by=w.act(w.amina), now=NOON)


def counts(comparison: ListComparison) -> dict[str, int]:
    kinds = list(comparison.rows.values_list("kind", flat=True))
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def test_entries_lie_sealed_each_under_a_key_of_its_own(w: World) -> None:
    list_ = kept(w, OURS, w.south)

    assert [opened.entry for opened in lists.entries_of(list_)] == OURS
    rows = ListEntry.objects.all()
    assert len({bytes(row.wrapped) for row in rows}) == 2
    assert all("оваленко".encode() not in bytes(row.sealed) for row in rows)


def test_comparison_keeps_every_row_with_its_reasons(w: World) -> None:
    made = compared(w)

    assert counts(made) == {"both": 1, "only_ours": 1, "only_theirs": 1}
    both = made.rows.get(kind="both")
    assert (both.ours.number, both.theirs.number) == (2, 2)
    assert both.reasons == ["surname_same", "given_same", "patronymic_missing", "born_same_day"]
    assert AuditEntry.objects.filter(act="compare_lists", subject=made.pk).exists()


def test_corrected_list_is_compared_anew_and_the_old_comparison_stays(w: World) -> None:
    old = compared(w)

    newer = kept(w, [*THEIRS, Entry(4, "Ткач Борис", "1966-01-01")], w.south, replaces=old.theirs)

    (again,) = ListComparison.objects.filter(theirs=newer)
    assert counts(again) == {"both": 1, "only_ours": 1, "only_theirs": 2}
    assert counts(old) == {"both": 1, "only_ours": 1, "only_theirs": 1}
    with pytest.raises(NotComparable):
        kept(w, THEIRS, w.south, replaces=old.theirs)


def test_another_offices_list_is_neither_corrected_nor_compared(w: World) -> None:
    ours = kept(w, OURS, w.north)
    foreign = PrisonerList.objects.create(
        office=w.south, stated_by=w.south, title="x", stated_on=date(2026, 11, 1), recorded_by=w.elena
    )

    with pytest.raises(NotComparable):
        lists.compare_lists(ours, foreign, by=w.act(w.amina), now=NOON)
    with pytest.raises(NotComparable):
        kept(w, THEIRS, w.south, replaces=foreign)
    with pytest.raises(approvals.NotYours):
        lists.compare_lists(ours, ours, by=w.act(w.dawit), now=NOON)
    assert not ListComparison.objects.exists()


@pytest.mark.parametrize("table", ["prisonerlist", "listcomparison", "comparedrow"])
def test_what_was_stated_or_compared_is_never_changed(w: World, table: str) -> None:
    compared(w)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM people_{table}")
    assert ComparedRow.objects.count() == 3


def allowed(w: World, comparison: ListComparison) -> int:
    proposal = lists.propose_export(comparison, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    return proposal.pk


def test_export_needs_two_officers_and_is_good_once(w: World) -> None:
    made = compared(w)
    with pytest.raises(approvals.NotYours):
        lists.propose_export(made, by=w.act(w.amina), now=NOON)
    with pytest.raises(approvals.NotApproved):
        lists.export(made, io.StringIO(), approval=None, staff_id=None, now=NOON)
    approval, file = allowed(w, made), io.StringIO()

    assert lists.export(made, file, approval=approval, staff_id=w.gita.pk, now=NOON) == 3

    assert "on both,2,Коваленко Іван Сергійович,1985-03-04,,2,Kovalenko Ivan" in file.getvalue()
    assert "'=cmd" in file.getvalue()  # shown, not computed
    assert "in spring" in file.getvalue()
    with pytest.raises(approvals.NotApproved):
        lists.export(made, io.StringIO(), approval=approval, staff_id=w.gita.pk, now=NOON)
    assert lists.usable_export(made) is None


def test_command_counts_and_writes_names_only_when_allowed(w: World, tmp_path: Path) -> None:
    made, out, said = compared(w), tmp_path / "out.csv", io.StringIO()
    names = [made.ours.reference, made.theirs.reference]

    call_command("compare_lists", *names, stdout=said)

    assert said.getvalue() == "both: 1\nonly_ours: 1\nonly_theirs: 1\n"
    with pytest.raises(CommandError) as refused:
        call_command("compare_lists", *names, out=out, stdout=said)
    assert (refused.value.returncode, out.exists()) == (2, False)

    call_command("compare_lists", *names, out=out, approval=allowed(w, made), stdout=said)

    assert out.stat().st_mode & 0o777 == 0o600
    assert len(out.read_text().splitlines()) == 4
    with pytest.raises(CommandError):
        call_command("compare_lists", names[1], names[0], stdout=said)
