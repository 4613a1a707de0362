"""Three weeks of the round, played through the same actions that people use, each at its time by its person.

The parcels of the first days go all the way, so that a visitor finds every status; of those that just came
in, some are packed. Times are days before now; what became public seven days later can be read by families.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from exchanges.models import Round
from parcels.actions import Step, advance, freeze, release_news
from parcels.demonstration.stage import Cast, Stage
from parcels.lifecycle import Status
from parcels.models import Finding, Line, Parcel
from parcels.progress import Show
from parcels.workers import situations
from people import approvals
from people.models import Approval, SituationEvent
from people.situations import record

CAST: Final = Cast("amina", ("bruno", "chiara"), "dawit", "gita", "ivo", holding="elena", neutral="farid")

Situation, StatedBy = SituationEvent.Situation, SituationEvent.StatedBy


def play(round_: Round, now: datetime, show: Show) -> None:
    """Play all scenes; call it in a transaction, once."""
    stage = Stage(round_, now, CAST)
    scenes = (
        _at_the_counter,
        _in_review,
        _not_accepted,
        _all_the_way,
        _with_the_intermediary,
        _waiting_to_leave,
        _sent_back,
        _what_became_of_addressees,
        _of_today,
    )
    for done, scene in enumerate(scenes, 1):
        scene(stage)
        show(done, len(scenes))


def _at_the_counter(stage: Stage) -> None:
    stage.move(stage.first(Status.REGISTERED, 5), "cancel", stage.registrar, 9)
    brought = stage.first(Status.REGISTERED, 2)
    stage.move(brought, "accept", stage.registrar, 1, gross_mass_g=6_400, place=stage.round.collection_point)
    for number in brought:
        freeze(number, by=stage.liaison, now=stage.ago(0.9))


def _in_review(stage: Stage) -> None:
    """Ten cleared, four refused, four before a coordinator, six with one vote; the others are overdue."""
    bruno, chiara, ivo = stage.screener, stage.other_screener, stage.coordinator
    waiting = stage.all_first(Status.IN_REVIEW)
    doubtful = [number for number in waiting if stage.questioned(number)]
    for number in doubtful[:4]:
        stage.votes(number, 14, (bruno, "refuse"), (chiara, "refuse"))
    for number in doubtful[4:8]:
        stage.votes(number, 13, (chiara, "clear"), (bruno, "refuse"))
    stage.votes(doubtful[4], 11, (ivo, "clear"))
    others = [number for number in waiting if number not in doubtful[:8]]
    for number in others[:10]:
        stage.votes(number, 15, (bruno, "clear"), (chiara, "clear"))
    for number in others[10:16]:
        stage.votes(number, 4, (bruno, "clear"))


def _not_accepted(stage: Stage) -> None:
    repacked, asked_again = stage.first(Status.REFUSED, 4), stage.first(Status.REFUSED, 2)
    for number in repacked:
        _take_out(stage, number)
    stage.screen(repacked, 11.9)
    stage.move(asked_again, "reopen", stage.registrar, 6, reason="sender_objects")
    for number in stage.first(Status.REFUSED, 1):
        stage.two_officers(number, "dispose", 8, method="destroyed", reason="perishable")
        release_news(number, by=stage.liaison, now=stage.ago(7))
    home = stage.first(Status.REFUSED, 2)
    stage.move(home, "send_back", stage.dispatcher, 9, reason="sender_asked")
    stage.move(home[:1], "return", stage.registrar, 7)


def _take_out(stage: Stage, number: str) -> None:
    """Let the sender take home whatever was prohibited."""
    parcel = Parcel.objects.get(number=number)
    lines = Finding.objects.filter(parcel=parcel, verdict="prohibit", line__isnull=False).values("line")
    removed = [
        {"line": line.number, "count": line.quantity, "reason": "not_allowed", "fate": "returned"}
        for line in Line.objects.filter(parcel=parcel, number__in=lines)
    ]
    stage.move([number], "amend", stage.registrar, 12, lines_removed=removed, gross_mass_g=6_000)


def _all_the_way(stage: Stage) -> None:
    """Sixty parcels in one consignment, to the other side and to those for whom they are."""
    gita, elena, farid = stage.liaison, stage.holding, stage.neutral
    parcels = stage.first(Status.CLEARED, 60)
    stage.dispatch(stage.pack(parcels, 15.5), "AL-204711", 15)
    stage.move(parcels, "entrust", farid, 13.5)
    stage.move(parcels, "hand_over", elena, 12, act="ACT-031")
    stage.move(parcels[8:], "admit", elena, 11, examined_before="delegate")
    stage.move(parcels[8:12], "fail", elena, 10, reason="not_at_this_place")
    stage.move(parcels[8:9], "redirect", elena, 9)
    stage.move(parcels[9:10], "bring_back", elena, 9, reason="not_at_this_place")
    evidence = ("holding_list", "representative", "own_word", "photo", "none", "holding_list")
    for place, proof in enumerate(evidence):
        some = parcels[12 + place * 6 : 18 + place * 6]
        stage.move(some, "receive", elena, 9.5, evidence=proof, complete="yes" if place % 2 else "unknown")
    stage.move(parcels[12:20], "confirm", gita, 8.5, evidence="own_reply", complete="yes")
    stage.move(parcels[24:28], "confirm", farid, 8, evidence="own_word_private", complete="partly")
    stage.move(parcels[40:42], "contest", gita, 6, document="LETTER-17")
    stage.move(parcels[40:41], "find", gita, 3, where="handed_over", seal="AL-204711")
    for number in (parcels[10], parcels[41]):
        release_news(number, by=gita, now=stage.ago(2))
    freeze(parcels[50], by=gita, now=stage.ago(5))


def _with_the_intermediary(stage: Stage) -> None:
    gita, elena, farid = stage.liaison, stage.holding, stage.neutral
    parcels = stage.first(Status.CLEARED, 40)
    stage.dispatch(stage.pack(parcels, 14), "AL-204712", 12)
    stage.move(parcels, "entrust", farid, 10)
    stage.move(parcels[:3], "report_missing", farid, 7)
    stage.two_officers(parcels[0], "write_off", 3, last_holder="harbour-relief", searched="all stores")
    release_news(parcels[0], by=gita, now=stage.ago(1))
    release_news(parcels[1], by=gita, now=stage.ago(5))
    stage.move(parcels[3:5], "bring_back", farid, 5, reason="damaged")
    # A fact that came before the one it needs: it waits as an observation.
    early = Step(parcels[5], "receive", stage.ago(2), details={"evidence": "photo", "complete": "unknown"})
    advance([early], by=elena, now=stage.ago(2))


def _waiting_to_leave(stage: Stage) -> None:
    """One sealed and overdue, one still open, one that left three days ago."""
    stage.seal(stage.pack(stage.first(Status.CLEARED, 25), 15), "AL-204713")
    stage.pack(stage.first(Status.CLEARED, 15), 5)
    stage.dispatch(stage.pack(stage.first(Status.CLEARED, 20), 4), "AL-204714", 3)


def _sent_back(stage: Stage) -> None:
    home = stage.first(Status.CLEARED, 6)
    stage.move(home, "send_back", stage.dispatcher, 8, reason="sender_asked")
    stage.move(home[:3], "return", stage.registrar, 5)


def _what_became_of_addressees(stage: Stage) -> None:
    """The worker follows what both sides, the neutral agency or two officers stated."""
    exchanged, in_hospital, deceased = stage.first(Status.CLEARED, 3)
    _record(stage, exchanged, Situation.EXCHANGED, StatedBy.BOTH_SIDES, "PROTOCOL-9")
    _record(stage, in_hospital, Situation.IN_HOSPITAL, StatedBy.NEUTRAL, "NOTE-4")
    proposal = _record(stage, deceased, Situation.DECEASED, StatedBy.TWO_OFFICERS, "NOTE-5")
    if isinstance(proposal, Approval):
        approvals.confirm(proposal.pk, by=stage.coordinator, now=stage.ago(4))
    told = Parcel.objects.filter(number__in=[exchanged, in_hospital, deceased]).order_by("pk")
    situations.follow(list(told.values_list("pk", flat=True)), stage.ago(3.9))


def _record(
    stage: Stage, number: str, situation: str, stated_by: str, document: str
) -> SituationEvent | Approval:
    at = stage.ago(4)
    return record(
        Parcel.objects.select_related("recipient").get(number=number).recipient,
        situation,
        at.date(),
        stated_by,
        source_id=stage.round.sending_id,
        document=document,
        by=stage.liaison,
        now=at,
    )


def _of_today(stage: Stage) -> None:
    """Of the parcels that just came in: one open consignment, one sealed, one that has left, a few votes."""
    stage.pack(stage.new(Status.CLEARED, 150), 0)
    stage.seal(stage.pack(stage.new(Status.CLEARED, 120), 0), "AL-204715")
    stage.dispatch(stage.pack(stage.new(Status.CLEARED, 100), 0), "AL-204716", 0)
    for number in stage.new(Status.IN_REVIEW, 8):
        stage.votes(number, 0, (stage.other_screener, "clear"))
