"""How much memory one import takes at its peak, in bytes: `python -m config.bench.memory FILE`."""

import io
import resource
import sys
from pathlib import Path
from typing import Final

import django
from django.core.management import call_command

_STATUS: Final = Path("/proc/self/status")


def peak() -> int:
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # What Linux tells through getrusage begins at the peak of the process that started us.
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    django.setup()
    call_command("import_manifest", sys.argv[1], round="bench", stdout=io.StringIO())
    sys.stdout.write(f"{peak()}\n")
