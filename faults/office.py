"""The sending office at work: what only people may do, asked for in lines of JSON, answered in lines of JSON.

A process of its own (`python -m faults.office`), which may be killed over any of it: each act looks first
whether it was done already.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import DatabaseError, InterfaceError, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from exchanges.models import Round  # noqa: E402
from parcels import consignments, demonstration, settling  # noqa: E402
from parcels.actions import Refused, care, review  # noqa: E402
from parcels.demonstration import offices  # noqa: E402
from parcels.demonstration.offices import actor  # noqa: E402
from parcels.models import Consignment, Parcel  # noqa: E402
from people import approvals  # noqa: E402
from people.audit import By  # noqa: E402
from people.models import Approval, Client, Endpoint  # noqa: E402
from people.relay import endpoints as relay_endpoints  # noqa: E402

Said = dict[str, Any]


def world(url: str) -> Said:
    """Make the made-up round where there is none; return what lets partners' systems in."""
    if not Round.objects.filter(reference=offices.ROUND).exists():
        with transaction.atomic():
            offices.open_for_work(timezone.now())
    return {**demonstration.board(url), "accounts": []}


def endpoints(wanted: Sequence[Said]) -> Said:
    """Make an endpoint for each address, of the system of that relation, where there is none."""
    for each in wanted:
        if Endpoint.objects.filter(address=each["address"]).exists():
            continue
        code = next(system.office.code for system in offices.SYSTEMS if system.relation == each["relation"])
        client = Client.objects.filter(organisation__code=code).earliest("pk")
        by = By.COMMAND
        relay_endpoints.make(client, each["address"], contact="", events=each["events"], by=by)
    return {}


def review_all(numbers: Sequence[str], decision: review.Decision) -> Said:
    for number in _in(numbers, "in_review"):
        for screener in ("bruno", "chiara"):
            with suppress(approvals.NotYours, Refused):  # who voted before we were killed
                review.vote(
                    number, decision, by=actor(screener), now=timezone.now(), reason="not_as_declared"
                )
    return {}


def settle(numbers: Sequence[str]) -> Said:
    settling.check_ties(numbers, by=actor("amina"), now=timezone.now())
    settling.settle(numbers, "on_list", by=actor("ivo"), now=timezone.now())
    return {}


def make_consignment() -> Said:
    made = consignments.make(
        Round.objects.get(reference=offices.ROUND), by=actor("dawit"), now=timezone.now()
    )
    return {"number": made.number}


def seal(number: str, with_seal: str) -> Said:
    if Consignment.objects.get(number=number).status == Consignment.Status.OPEN:
        consignments.seal(number, with_seal, by=actor("dawit"))
    return {}


def two_officers(number: str, act: str, details: Said) -> Said:
    """Gita proposes, Ivo confirms; return the approval under which it was done."""
    parcel = Parcel.objects.get(number=number)
    mine = Approval.objects.filter(subject_kind="parcel", subject=parcel.pk, act=act)
    if done := mine.filter(decision="confirmed").first():
        return {"approval": done.pk}
    open_ = mine.filter(decision=None).first() or care.propose(
        number, act, by=actor("gita"), now=timezone.now(), details=details
    )
    approvals.confirm(open_.pk, by=actor("ivo"), now=timezone.now())
    return {"approval": open_.pk}


def _in(numbers: Sequence[str], status: str) -> list[str]:
    rows = Parcel.objects.filter(number__in=numbers, status=status)
    return list(rows.values_list("number", flat=True))


ACTS: Final[dict[str, Callable[..., Said]]] = {
    "world": world,
    "endpoints": endpoints,
    "review": review_all,
    "settle": settle,
    "make_consignment": make_consignment,
    "seal": seal,
    "two_officers": two_officers,
}


def answer(line: str) -> Said:
    """Do one act, again and again while the database is away."""
    asked = json.loads(line)
    while True:
        try:
            return {"said": ACTS[asked["act"]](**asked["told"])}
        except (DatabaseError, InterfaceError):
            connections.close_all()
            time.sleep(0.3)
        except (Refused, approvals.NotOpen, approvals.NotYours) as refused:
            return {"refused": f"{type(refused).__name__} {refused}"}


if __name__ == "__main__":
    for asked_for in sys.stdin:
        sys.stdout.write(json.dumps(answer(asked_for)) + "\n")
        sys.stdout.flush()
