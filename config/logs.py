"""Logs: one line of JSON an event, holding what is listed here and nothing else.

A message is no safe place: PostgreSQL quotes the row that it refuses, Django the address, a web server what
a stranger sent. So of an error its kind and place are written, of other programs' messages the form without
what was filled in, of our own events the fields named here. `reference` is what the reader was told.
"""

from __future__ import annotations

import logging
import logging.config
import sys
import threading
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict

# What any line may hold. A new field is named here, and holds a number or a word of the program's own.
FIELDS: Final = frozenset(
    {
        "timestamp", "level", "logger", "event", "reference", "left_out",
        # Of an error.
        "error", "where",
        # Of an answer, of a task.
        "method", "route", "status", "task",
        # Of work.
        "kind", "size", "took_s", "entries", "faults", "log",
        # Of an alarm: its number, who it is about by theirs, and what the command that tells of it returned.
        "alarm", "by", "returned",
        # A delivery and its endpoint by their references, and what came of it.
        "attempt", "delivery", "endpoint", "reason", "took_ms",
    }
)  # fmt: skip
_WITHHELD: Final = "(a message of another program)"
_MOST_PLACES: Final = 5
_BASE_DIR: Final = Path(__file__).resolve().parent.parent


def only_listed(logger: object, name: str, event: EventDict) -> EventDict:
    """Drop every other field, and say which it was."""
    dropped = sorted(event.keys() - FIELDS - {"_record", "_from_structlog"})
    kept = {key: value for key, value in event.items() if key not in dropped}
    return {**kept, "left_out": dropped} if dropped else kept


def without_words(logger: object, name: str, event: EventDict) -> EventDict:
    """Of another program's message keep its form: what was filled in stays out."""
    record, arguments = event["_record"], event.pop("positional_args", ())
    if record.name.startswith("django.") and hasattr(record, "status_code"):
        return {**event, **_answer(record)}
    # A sentence put together beforehand cannot be told from its contents; its place says which it was.
    if not arguments:
        event["event"] = _WITHHELD
    if isinstance(arguments, dict) and record.name == "celery.app.trace":
        event["task"] = arguments.get("name")
    return {"where": f"{record.module}:{record.lineno}", **event}


def _answer(record: Any) -> dict[str, object]:
    """Return what an answer was, by the pattern of its address: the address itself may hold anything."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return {
        "event": HTTPStatus(record.status_code).phrase,
        "status": record.status_code,
        "method": getattr(getattr(record, "request", None), "method", None),
        "route": match.route if match else None,
    }


def kind_and_place(logger: object, name: str, event: EventDict) -> EventDict:
    """Of an error keep which it was and where: its message may quote a row, its variables hold one."""
    event.pop("stack_info", None)
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        return {**event, "error": _kinds(raised), "where": _places(raised.__traceback__)}
    return event


def _kinds(error: BaseException) -> str:
    return " from ".join(f"{type(each).__module__}.{type(each).__qualname__}" for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _places(where: TracebackType | None) -> list[str]:
    """Return the innermost places of our own, and the very innermost."""
    frames = traceback.extract_tb(where)
    ours = [each for each in frames if Path(each.filename).is_relative_to(_BASE_DIR)]
    ours = [each for each in ours if ".venv" not in each.filename][-_MOST_PLACES:]
    shown = ours if frames and frames[-1] in ours else [*ours, *frames[-1:]]
    return [f"{_short(each.filename)}:{each.lineno} {each.name}" for each in shown]


def _short(filename: str) -> str:
    path = Path(filename)
    is_ours = path.is_relative_to(_BASE_DIR) and ".venv" not in filename
    return str(path.relative_to(_BASE_DIR)) if is_ours else "/".join(path.parts[-3:])


def configure(*, level: str) -> None:
    told: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        kind_and_place,
        only_listed,
    ]
    structlog.configure(
        processors=[*told, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        "foreign_pre_chain": [without_words, *told],
        "use_get_message": False,
        "pass_foreign_args": True,
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "fontTools": {"level": "WARNING"},
                "fpdf": {"level": "WARNING"},
                # It would write whose passkey was used.
                "fido2": {"level": "WARNING"},
            },
        }
    )
    if not sys.stderr.isatty():
        _catch_the_rest()


def _catch_the_rest() -> None:
    """What ends a process or a thread goes through the same door; at a terminal its reader may see it all."""
    sys.excepthook = _ended
    threading.excepthook = lambda what: _ended(what.exc_type, what.exc_value, what.exc_traceback)
    logging.captureWarnings(True)


def _ended(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger(__name__).critical("ended_by_error", exc_info=error)
