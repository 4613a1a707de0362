"""The lifecycle as a page of the docs, drawn from the one table. `python -m parcels.diagram` prints it."""

import sys
from collections.abc import Iterator

from parcels.lifecycle import END, FAMILY_WORD, MOVES, Status

_HEAD = """# The life of a parcel

Drawn from `parcels/lifecycle.py` by `python -m parcels.diagram > docs/lifecycle.md`; a test keeps both.
Decisions are taken here and may be refused; facts happened in the world and are always recorded.
"""


def page() -> str:
    return "\n".join([_HEAD, *_drawing(), "", *_moves(), "", *_words(), ""])


def _drawing() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> registered: register"
    for source in Status:
        for target in Status:
            names = [
                name for name, move in MOVES.items() if source in move.sources and target in move.targets
            ]
            if names:
                yield f"    {source} --> {target}: {', '.join(names)}"
    for status in Status:
        if status in END:
            yield f"    {status} --> [*]"
    yield "```"


def _moves() -> Iterator[str]:
    yield "| move | kind | from | to | who | must tell |"
    yield "|---|---|---|---|---|---|"
    for move in MOVES.values():
        columns = (move.name, move.kind, *map(", ".join, (move.sources, move.targets, move.who, move.needs)))
        yield f"| {' | '.join(column or '–' for column in columns)} |"


def _words() -> Iterator[str]:
    yield "| status | the family's word |"
    yield "|---|---|"
    yield from (f"| {status} | {FAMILY_WORD[status]} |" for status in Status)


if __name__ == "__main__":
    sys.stdout.write(page())
