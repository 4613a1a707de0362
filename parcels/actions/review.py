"""Review: two equal decisions of two screeners settle it; where they differ a coordinator does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from django.db import transaction
from django.db.models import Max

from parcels.actions.advance import advance
from parcels.actions.steps import Refused, Step
from parcels.actions.telling import is_code
from parcels.lifecycle import Status
from parcels.models import Finding, Line, LineDecision, Parcel
from people import approvals
from people.actors import Actor
from people.models import Approval, Role

Decision = Literal["clear", "refuse"]
Outcome = Literal["waiting", "differs", "settled"]

REVIEW: Final = approvals.REVIEW
_DECISIONS: Final = ("clear", "refuse")
_LINE_VERDICTS: Final = ("allow", "prohibit")


def vote(
    number: str,
    decision: Decision,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    lines: Sequence[Mapping[str, Any]] = (),
) -> Outcome:
    """Give one decision on a parcel in review. `lines` are {line, verdict: allow or prohibit}.

    The first waits for a second screener; an equal second settles it; another opens it for a coordinator,
    who by voting decides between the two.

    :raises Refused: if the parcel is not in review here, or the vote is not well formed.
    :raises approvals.NotYours: if `by` has voted already or is no screener (at a tie: no coordinator).
    """
    details = _ballot(decision, reason, lines)
    with transaction.atomic():
        parcel = _in_review(number, by)
        open_ = (
            Approval.objects.select_for_update()
            .filter(subject_kind="parcel", subject=parcel.pk, act=REVIEW, decision=None)
            .first()
        )
        if open_ is None:
            approvals.propose("parcel", parcel.pk, REVIEW, by=by, details=details, now=now)
            return "waiting"
        if open_.details["decision"] == decision:
            approvals.confirm(open_.pk, by=by, now=now)
            return "settled"
        decided = approvals.reject(open_.pk, by=by, reason="differs", now=now)
        if open_.against is not None:
            _carry_out(decided, open_.against.details, by.under(decided), now)
            return "settled"
        approvals.propose("parcel", parcel.pk, REVIEW, by=by, details=details, now=now, against=decided)
        return "differs"


def _ballot(decision: str, reason: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if decision not in _DECISIONS:
        raise Refused("validation", "decision")
    if decision == "refuse" and not reason:
        raise Refused("missing-detail", "reason")
    if reason and not is_code(reason, 120):
        raise Refused("validation", "reason")
    if any(line.get("verdict") not in _LINE_VERDICTS or type(line.get("line")) is not int for line in lines):
        raise Refused("validation", "lines")
    return {"decision": decision, "reason": reason, "lines": [dict(line) for line in lines]}


def _in_review(number: str, by: Actor) -> Parcel:
    parcel = Parcel.objects.select_for_update().select_related("round").filter(number=number).first()
    if parcel is None or parcel.round.sending_id != by.organisation_id:
        raise Refused("unknown-parcel")
    if parcel.status != Status.IN_REVIEW:
        raise Refused("illegal-move", f"review from {parcel.status}")
    if parcel.frozen:
        raise Refused("not-now", "This parcel is frozen until two officers release it.")
    return parcel


@approvals.carries_out(REVIEW, roles=frozenset({Role.SCREENER.value}))
def _settle(approval: Approval, by: Actor, now: datetime) -> None:
    _carry_out(approval, approval.details, by, now)


def _carry_out(approval: Approval, ballot: Mapping[str, Any], by: Actor, now: datetime) -> None:
    parcel = Parcel.objects.get(pk=approval.subject)
    _keep_line_decisions(parcel, approval, ballot)
    details = {"approval": approval.pk}
    if ballot["decision"] == "refuse":
        details["reason"] = ballot["reason"]
    (result,) = advance([Step(parcel.number, ballot["decision"], now, details=details)], by=by, now=now)
    if result.problem:
        raise Refused(result.problem, result.detail)


def _keep_line_decisions(parcel: Parcel, approval: Approval, ballot: Mapping[str, Any]) -> None:
    """Remember what was decided of each line, with the rule it was decided under.

    Clearing a parcel allows every line that was questioned, unless the ballot says otherwise.
    """
    last = parcel.findings.aggregate(last=Max("at_number"))["last"] or 0
    found = Finding.objects.filter(parcel=parcel, at_number=last)
    questioned = {line: rule for line, rule in found.values_list("line", "rule_id") if line is not None}
    verdicts = dict.fromkeys(questioned, "allow") if ballot["decision"] == "clear" else {}
    verdicts |= {line["line"]: line["verdict"] for line in ballot["lines"]}
    LineDecision.objects.bulk_create(
        LineDecision(
            line=line, rule_id=questioned.get(line.number), verdict=verdicts[line.number], approval=approval
        )
        for line in Line.objects.filter(parcel=parcel, number__in=list(verdicts))
    )
