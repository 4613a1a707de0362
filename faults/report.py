"""What a run ends with: a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from faults.play import Outcome


def table(outcome: Outcome) -> str:
    lines = ["", f"{'fault':<28}{'times':>6}"]
    lines += [f"{kind:<28}{count:>6}" for kind, count in sorted(outcome.inflicted.items())]
    lines += [f"{'all':<28}{outcome.inflicted.total():>6}", ""]
    lines += [f"SKIPPED {kind}: {why}" for kind, why in sorted(outcome.skipped.items())]
    lines += _figures(outcome)
    lines += ["", f"{'invariant':<58}{'broken':>7}"]
    for name, found in outcome.broken.items():
        lines.append(f"{name:<58}{len(found) or '-':>7}")
        lines += [f"    {each}" for each in found[:5]]
    return "\n".join(lines)


def _figures(outcome: Outcome) -> list[str]:
    figures, counts = outcome.figures, outcome.counts
    lost, doubled = (
        outcome.broken.get(name, [])
        for name in ("what was promised is recorded", "nothing is recorded twice")
    )
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.answers.items()))
    return [
        f"parcels {counts['parcels']}, movements {counts['movements']}",
        f"asked {counts['asked']}, promised {counts['promised']}, of which lost {len(lost)}",
        f"recorded twice {len(doubled)}, after {figures.duplicates} messages delivered over and over",
        f"worker killed → work resumed: {_spread(figures.after_kill)}",
        f"Redis wiped → work resumed: {_spread(figures.after_wipe)}",
        f"answers to partners (0: none came): {answers}",
        f"{outcome.seconds:.0f} s in all",
    ]


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "not measured"
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return f"p50 {ordered[last // 2]:g} s, p99 {ordered[round(last * 0.99)]:g} s, of {len(ordered)}"
