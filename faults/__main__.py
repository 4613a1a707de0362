"""Run it: `python -m faults [--faults 300] [--parcels 2000] [--seed 7]`, or `--short`.

Exit 0: all held. 1: an invariant is broken; the seed and the folder that is kept are named. 2: bad input.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

# Every kind of fault at least once, and some more.
_SHORT: Final = {"faults": 50, "parcels": 100, "group": 10, "seconds": 75.0, "calm": 150.0, "probes": 1}
_SHORT["duplicates"] = 500
# An endpoint that refused for minutes is told some ten movements of each parcel after that, in their order.
_CALM_A_PARCEL_S: Final = 0.6
_SERVERS: Final = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def main(arguments: list[str]) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.short:
        parser.set_defaults(**_SHORT)
        options = parser.parse_args(arguments)
    if options.faults < 1 or options.parcels < 1:
        sys.stderr.write("At least one fault and one parcel.\n")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="lifeline-faults-"))
    folder.chmod(0o711)  # PostgreSQL runs as nobody where we are root
    _alone(folder)
    return _run(options, folder)


def _run(options: Namespace, folder: Path) -> int:
    from faults import schedule  # noqa: PLC0415  the product reads its environment when it is first imported
    from faults.play import Play, Wishes, say  # noqa: PLC0415
    from faults.report import table  # noqa: PLC0415

    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    seconds = options.seconds or max(60.0, options.faults * 2.0)
    faults = schedule.make(seed, options.faults, seconds, options.kinds)
    calm = options.calm or max(240.0, options.parcels * _CALM_A_PARCEL_S)
    if options.replay:
        seed, faults = schedule.read(options.replay)
        seconds = faults[-1].second
    schedule.write(faults, seed, folder / "schedule.json")
    say(f"seed {seed}, {len(faults)} faults in {seconds:.0f} s over {options.parcels} parcels, in {folder}")
    play = Play(
        Wishes(
            seed, options.parcels, options.group, faults, seconds, calm, options.probes,
            options.duplicates, folder, options.base,
        )
    )  # fmt: skip
    outcome = play.run()
    say(table(outcome))
    if options.out:
        told = {"broken": outcome.broken, "faults": outcome.inflicted.total(), "seed": seed}
        options.out.write_text(json.dumps(told))
    if outcome.is_well and not options.keep:
        play.setting.stage.clear()
    else:
        play.setting.stage.settle()
        say(f"\nThe folder is kept: {folder}. Once more:")
        say(f"--replay {folder / 'schedule.json'} --parcels {options.parcels} --group {options.group}")
    say("All held." if outcome.is_well else f"BROKEN, seed {seed}.")
    return 0 if outcome.is_well else 1


def _alone(folder: Path) -> None:
    """Let this process and its children know no other servers than our own."""
    for name in _SERVERS:
        os.environ.pop(name, None)
    os.environ["LIFELINE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["WEB_CONCURRENCY"] = "2"


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m faults", description="Drive parcels under a storm of faults.")
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--parcels", type=int, default=2_000)
    parser.add_argument("--seed", type=int, help="the same again; without it, one is drawn and said")
    parser.add_argument("--seconds", type=float, help="how long the storm lasts; two a fault without it")
    parser.add_argument("--kinds", nargs="*", default=[], metavar="KIND", help="these faults alone")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a schedule that was kept")
    parser.add_argument("--group", type=int, default=20, help="parcels that travel together")
    parser.add_argument("--calm", type=float, help="most seconds until nothing is due; by parcels without it")
    parser.add_argument("--probes", type=int, default=10, help="how often each recovery is measured")
    parser.add_argument("--duplicates", type=int, default=10_000, help="messages delivered over and over")
    parser.add_argument("--base", type=Path, help="keep the prepared database here, or begin with it")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write what was found here, as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder also where all held")
    parser.add_argument("--short", action="store_true", help="some three minutes, for every change")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
