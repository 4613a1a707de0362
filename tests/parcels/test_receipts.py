import io
import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from exchanges.models import Round
from parcels import codes, slips
from parcels.actions import Refused
from parcels.models import Movement, Parcel
from people import approvals
from people.actors import Actor
from people.approvals import NotYours
from people.models import AuditEntry
from tests.factories import NOON, World, cleared, dispatched, handed_over, move, registered, staff, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def demonstration(w: World) -> World:
    Round.objects.update(demonstration=True)
    return w


def print_(out: Path, *options: str, organisation: str = "north") -> tuple[int, str]:
    """Return the exit code and the last line that was said."""
    said = io.StringIO()
    try:
        call_command(
            "receipts", "print", "--round", "december", "--organisation", organisation, "--out", str(out),
            *options, stdout=said,
        )  # fmt: skip
    except CommandError as error:
        return error.returncode, str(error)
    return 0, said.getvalue().splitlines()[-1]


def printed() -> list[str]:
    """Numbers of the parcels on which a print was observed, one for each print."""
    seen = Movement.objects.filter(move="observe", details__move="print_slips")
    return list(seen.order_by("parcel").values_list("parcel__number", flat=True))


def approved(w: World, first: Actor, second: Actor) -> str:
    proposal = slips.propose(w.round, by=first, now=NOON)
    return str(approvals.confirm(proposal.pk, by=second, now=NOON).pk)


def test_slip_is_printed_for_each_parcel_that_is_not_handed_over(
    demonstration: World, tmp_path: Path
) -> None:
    w, out = demonstration, tmp_path / "slips.pdf"
    declared, checked, left = registered(w), cleared(w), dispatched(w)
    handed_over(w)
    move(registered(w), "cancel", w.act(w.amina))

    assert print_(out) == (0, f"{out}: 3 slips")
    assert printed() == [declared.number, checked.number, left.number]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_bytes().startswith(b"%PDF-")


def test_every_print_is_observed_and_audited(demonstration: World, tmp_path: Path) -> None:
    parcel = registered(demonstration)

    print_(tmp_path / "slips.pdf")
    print_(tmp_path / "slips.pdf")

    assert printed() == [parcel.number] * 2
    assert (
        list(AuditEntry.objects.values_list("act", "subject_kind", "subject"))
        == [("print_slips", "round", demonstration.round.pk)] * 2
    )


def test_code_on_the_slip_opens_the_parcel(demonstration: World) -> None:
    parcel = registered(demonstration)

    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))

    assert codes.lookup_hash(bytes.fromhex(settings.KEYS.lookup), code) == bytes(parcel.code_hash or b"")


def test_withdrawn_code_is_not_given_again(demonstration: World, tmp_path: Path) -> None:
    registered(demonstration)
    Parcel.objects.update(code_hash=None)

    assert print_(tmp_path / "slips.pdf") == (2, "There is no parcel whose slip may be given.")
    assert (printed(), list(tmp_path.iterdir())) == ([], [])


def test_end_that_no_liaison_has_released_withholds_no_slip(demonstration: World, tmp_path: Path) -> None:
    parcel = move(registered(demonstration), "cancel", demonstration.act(demonstration.amina))
    Parcel.objects.update(held_from=parcel.last_number)

    assert print_(tmp_path / "slips.pdf")[0] == 0
    assert printed() == [parcel.number]


def test_one_slip_is_printed_by_its_registrar_alone(w: World) -> None:
    parcel = registered(w)

    assert slips.print_one(parcel.number, by=w.act(w.amina), now=NOON).startswith(b"%PDF-")

    assert printed() == [parcel.number]
    assert AuditEntry.objects.values_list("staff", "act", "subject_kind", "subject").get() == (
        w.amina.pk, "print_slips", "parcel", parcel.pk,
    )  # fmt: skip


@pytest.mark.parametrize("who", ["bruno", "dawit", "gita", "ivo", "elena", "farid"])
def test_one_slip_is_printed_by_nobody_else(w: World, who: str) -> None:
    parcel = registered(w)

    with pytest.raises(Refused):
        slips.print_one(parcel.number, by=w.act(getattr(w, who)), now=NOON)

    assert (printed(), AuditEntry.objects.count()) == ([], 0)


def test_one_slip_is_not_printed_once_handed_over_withdrawn_or_of_another_office(w: World) -> None:
    arrived, withdrawn, sent = handed_over(w), registered(w), registered(w)
    Parcel.objects.filter(pk=withdrawn.pk).update(code_hash=None)
    hana = w.act(staff("hana", "registrar", w.south))

    for parcel, by in ((arrived, w.act(w.amina)), (withdrawn, w.act(w.amina)), (sent, hana)):
        with pytest.raises(slips.NothingToPrint):
            slips.print_one(parcel.number, by=by, now=NOON)

    assert (printed(), AuditEntry.objects.count()) == ([], 0)


def test_real_families_slips_need_two_officers_for_each_print(w: World, tmp_path: Path) -> None:
    parcel, out = registered(w), tmp_path / "slips.pdf"
    assert print_(out) == (2, "Slips of real families need an approval of two officers.")
    assert (printed(), list(tmp_path.iterdir())) == ([], [])

    approval = approved(w, w.act(w.gita), w.act(w.ivo))
    assert print_(out, "--approval", approval) == (0, f"{out}: 1 slips")
    assert printed() == [parcel.number]

    out.unlink()
    assert print_(out, "--approval", approval) == (2, "What was approved has been done already.")
    assert (printed(), list(tmp_path.iterdir())) == ([parcel.number], [])


def test_approval_must_be_decided_and_for_this(w: World, tmp_path: Path) -> None:
    registered(w)
    no = (2, "This is no approval of two officers for this.")
    proposal = slips.propose(w.round, by=w.act(w.gita), now=NOON)
    assert print_(tmp_path / "slips.pdf", "--approval", str(proposal.pk)) == no

    approvals.reject(proposal.pk, by=w.act(w.ivo), reason="not now", now=NOON)
    assert print_(tmp_path / "slips.pdf", "--approval", str(proposal.pk)) == no
    assert print_(tmp_path / "slips.pdf", "--approval", "0") == no

    other = approvals.propose("round", w.round.pk + 1, "print_slips", by=w.act(w.gita), details={}, now=NOON)
    approvals.confirm(other.pk, by=w.act(w.ivo), now=NOON)
    assert print_(tmp_path / "slips.pdf", "--approval", str(other.pk)) == no
    assert (printed(), list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize("who", ["amina", "elena", "farid"])
def test_only_officers_of_the_sending_side_propose_a_print(w: World, who: str) -> None:
    with pytest.raises(NotYours):
        slips.propose(w.round, by=w.act(getattr(w, who)), now=timezone.now())


def test_file_that_cannot_be_written_records_nothing(demonstration: World, tmp_path: Path) -> None:
    registered(demonstration)

    assert print_(tmp_path / "no" / "slips.pdf") == (
        2, "The file cannot be written: No such file or directory.",
    )  # fmt: skip
    assert (printed(), AuditEntry.objects.count()) == ([], 0)


def test_other_round_or_office_is_said_so(demonstration: World, tmp_path: Path) -> None:
    registered(demonstration)

    assert print_(tmp_path / "a.pdf", organisation="south") == (
        2, "This is not the code of the round's sending office.",
    )  # fmt: skip
    Round.objects.update(reference="january")
    assert print_(tmp_path / "a.pdf") == (2, "There is no round with this reference.")
    assert printed() == []
