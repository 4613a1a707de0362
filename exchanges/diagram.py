"""The states as a page of the docs, drawn from their tables. `python -m exchanges.diagram` prints it."""

import sys
from collections.abc import Iterator

from exchanges.lifecycle import ALL, Lifecycle

_HEAD = """# What the sides agree and do: the states

Drawn from `exchanges/lifecycle.py` by `python -m exchanges.diagram > docs/states.md`; a test keeps both.
The life of a parcel has [a page of its own](lifecycle.md).
"""


def page() -> str:
    return "\n".join([_HEAD, *(line for lifecycle in ALL for line in _section(lifecycle))])


def _section(lifecycle: Lifecycle) -> Iterator[str]:
    yield f"## {lifecycle.name.capitalize()}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {lifecycle.begins}"
    for status in lifecycle.statuses:
        steps = lifecycle.steps.get(status, ())
        yield from (f"    {status} --> {step}" for step in steps)
        if not steps:
            yield f"    {status} --> [*]"
    yield "```"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
