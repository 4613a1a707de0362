import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from config import database
from config.keys import NAMES, kek, periods, rotating, shares
from parcels.workers import rekey
from people.locking import Locked
from people.rekeying import Rewriting

_REFUSED = 1
_FILE = "file"


class Command(BaseCommand):
    help = (
        "The keys outside the database: which versions live, rotate one, retire one, lock and unlock names."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("status", help="which versions are live, what lies under each, and since when")
        rotate = deeds.add_parser("rotate", help="make a version, put it to use, and rewrite what is older")
        rotate.add_argument("name", choices=NAMES)
        rotate.add_argument("--by-command", action="store_true", help="kek: keep it wrapped by KEK_COMMAND")
        deeds.add_parser("rewrite", help="go on with what a rotation left to rewrite")
        retire = deeds.add_parser("retire", help="forget a version that nothing needs any more")
        retire.add_argument("name", choices=NAMES)
        retire.add_argument("version", type=int)
        deeds.add_parser("split", help="make a key-encryption key of which two of three officers hold shares")
        deeds.add_parser("unlock", help="enter one officer's share")
        deeds.add_parser("lock", help="wipe the key-encryption key from the memory of all processes")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        # What is rewritten is the workers' to rewrite.
        database.use(settings.ADDRESSES.database, role="lifeline_worker" if settings.DATABASE_ROLE else "")
        deeds: dict[str, Callable[..., None]] = {
            "status": self.status, "rotate": self.rotate, "rewrite": self.rewrite, "retire": self.retire,
            "split": self.split, "unlock": self.unlock, "lock": self.lock,
        }  # fmt: skip
        try:
            deeds[deed](**{key: options[key] for key in ("name", "version", "by_command") if key in options})
        except rotating.NotPossible as why:
            raise CommandError(str(why), returncode=_REFUSED) from None
        except Locked:
            raise CommandError(
                "Names are locked: two officers must unlock them.", returncode=_REFUSED
            ) from None

    def status(self) -> None:
        line = "{:<8}{:>8}  {:<18}{:<22}{}"
        self.stdout.write(line.format("key", "version", "since", "kept", "under it"))
        for name in NAMES:
            versions, lying = settings.KEYS.versions(name), rekey.under_versions(name)
            for number in versions.live:
                since = datetime.fromtimestamp(versions.since[number], UTC)
                under = [f"{rows[number]:,} {what}" for what, rows in lying.items() if rows.get(number)]
                used = f"{number}, in use" if number == versions.current else str(number)
                kept = _kept(versions.texts[number])
                self.stdout.write(
                    line.format(name, used, f"{since:%d %b %Y %H:%M}", kept, "; ".join(under) or "-").rstrip()
                )
        for name in NAMES:
            versions = settings.KEYS.versions(name)
            due = periods.due_on(name, versions.since[versions.current])
            if due <= datetime.now(UTC):
                self.stdout.write(f"{name}: another version is due since {due:%d %b %Y}: keys rotate {name}.")
        state = "open" if settings.KEYS.can_unwrap() else "locked: two officers must unlock them"
        self.stdout.write(f"Names are {state}.")

    def rotate(self, name: str, by_command: bool) -> None:
        if by_command and name != "kek":
            raise CommandError("Only the key-encryption key is kept by a command.", returncode=2)
        self.stdout.write(f"{name}: a new version is made; all processes get to know it.")
        number = rotating.keep_by_command() if by_command else rotating.rotate(name)
        self.stdout.write(f"{name}: version {number} is in use.")
        self.rewrite()

    def rewrite(self) -> None:
        """Show how far it is; stopped here, the workers go on within a minute."""
        time.sleep(rekey.SETTLED_S - rotating.KNOWN_TO_ALL_S)
        due = [each for each in rekey.REWRITINGS if rekey.is_due(each)]
        left = {each.what: each.left() for each in due}

        def show(each: Rewriting, rows: int) -> None:
            # The workers may have a share in it: then it is over sooner than this counts.
            left[each.what] = max(left[each.what] - rows, 0)
            self.stdout.write(f"  {each.what}: {left[each.what]:,} left")

        done = rekey.drain(lambda: False, show)
        still = sum(each.left() for each in due)
        self.stdout.write(f"Rewritten: {done:,}; still left, for the workers: {still:,}.")

    def retire(self, name: str, version: int) -> None:
        rotating.retire(name, version)
        self.stdout.write(f"Version {version} of {name} is gone. Backups made before its rotation need it.")

    def split(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Shares are shown on a terminal only.", returncode=2)
        number = rotating.split(self._hand_out)
        self.stdout.write(f"kek: version {number} is in use, kept by officers.")
        self.rewrite()

    def _hand_out(self, made: Sequence[shares.Share]) -> None:
        for share in made:
            input(f"Officer {share.officer} of {len(made)} alone at the screen? Press Enter. ")
            self.stdout.write(f"\n{share.text()}\n")
            while getpass("Write it down, then type it in: ").strip().upper() != share.text():
                self.stdout.write("That is not what is shown.")
            self.stdout.write("\x1b[2J\x1b[3J\x1b[H", ending="")

    def unlock(self) -> None:
        share = getpass("Your share: ").strip() if rotating.locked_versions() else ""
        waiting = rotating.unlock(share)
        if not waiting:
            self.stdout.write("Names are open.")
            return
        versions = ", ".join(map(str, waiting))
        self.stdout.write(f"Kept. A second officer has 15 minutes to enter theirs (version {versions}).")

    def lock(self) -> None:
        rotating.lock()
        self.stdout.write("Names are locked. Families are answered as before.")
        texts = settings.KEYS.versions("kek").texts.values()
        if any(_kept(text) == _FILE for text in texts):
            self.stdout.write("The key itself lies in a file: whoever reads the folder can open names.")


def _kept(text: str) -> str:
    if text.startswith(kek.OFFICERS):
        return "officers, two of three"
    return "wrapped by a command" if text.startswith(kek.COMMAND) else _FILE
