"""The round that goes the other way: what Vestria sends to Aldmark, collected, sent and closed."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Final

from exchanges.actions import change_round, make_round
from exchanges.models import Round
from parcels.demonstration import manifest
from parcels.demonstration.offices import HOLDING, MIRROR, NEUTRAL, ROUND, SENDING, office
from parcels.demonstration.stage import Cast, Stage
from parcels.lifecycle import Status
from parcels.models import Parcel

PARCELS: Final = 60
SEED: Final = 24
# Days before now. It came in so long ago that the holding side has handed most of it on.
CAME_IN: Final = timedelta(days=15)
CAST: Final = Cast(
    "nadia", ("osman", "pilar"), "quentin", "rana", "stefan", holding="gita", neutral="farid"
)  # fmt: skip


def rows(collected_from: date) -> list[dict[str, str]]:
    made = manifest.rows(SEED, PARCELS, PARCELS - 2, collected_from=collected_from)
    # Other numbers than in the manifest of the other way: nobody is on both.
    return [
        row
        | {
            "external_id": f"MIR-{place:05}",
            "prisoner_service_number": row["prisoner_service_number"] and f"VN-{70_000 + place * 137}",
        }
        for place, row in enumerate(made, 1)
    ]


def make(now: datetime) -> Round:
    """Make the round; it collects until `play`."""
    round_ = Round.objects.get(reference=ROUND)
    # Before the first day on which anything was collected, whatever weekday it is now.
    opened = (now - timedelta(days=44)).date()
    made = make_round(
        reference=MIRROR,
        agreement=round_.agreement,
        terms=round_.terms,
        sending=office(HOLDING),
        holding=office(SENDING),
        neutral=office(NEUTRAL),
        mirror=round_,
        status=Round.Status.LISTS_EXCHANGED,
        target=PARCELS,
        opens_on=opened,
        closes_on=(now - timedelta(days=13)).date(),
        collection_point="Collection point, Harbour Gate",
        demonstration=True,
        round_key=hashlib.sha256(f"{MIRROR}:{SEED}".encode()).digest(),
    )
    return change_round(made, Round.Status.COLLECTING, by=Stage(made, now, CAST).coordinator)


def is_there() -> bool:
    return Round.objects.filter(reference=MIRROR).exists()


def play(round_: Round, now: datetime) -> None:
    """Let it go its way from where its parcels are screened; then the round closes."""
    stage = Stage(round_, now, CAST)
    _in_review(stage)
    stage.move(stage.first(Status.REGISTERED, 1), "cancel", stage.registrar, 13)
    parcels = stage.first(Status.CLEARED, 30)
    stage.dispatch(stage.pack(parcels, 13), "VE-300117", 12)
    stage.move(parcels[2:], "entrust", stage.neutral, 11)
    arrived = parcels[6:]
    stage.move(arrived, "hand_over", stage.holding, 10, act="ACT-V-004")
    stage.move(arrived[6:], "admit", stage.holding, 9, examined_before="delegate")
    received = arrived[10:]
    stage.move(received, "receive", stage.holding, 8, evidence="holding_list", complete="unknown")
    stage.move(received[:2], "confirm", stage.liaison, 7, evidence="own_reply", complete="yes")
    stage.seal(stage.pack(stage.first(Status.CLEARED, 6), 6), "VE-300118")
    change_round(round_, Round.Status.CLOSED, by=stage.coordinator)


def received() -> list[Parcel]:
    """Return the parcels of which only the holding side has said that they were received."""
    found = Parcel.objects.filter(round__reference=MIRROR, status=Status.RECEIVED)
    return list(found.select_related("recipient").order_by("external_id"))


def _in_review(stage: Stage) -> None:
    for number in stage.first(Status.IN_REVIEW, 2):
        stage.votes(number, 13.5, (stage.screener, "clear"), (stage.other_screener, "clear"))
