"""Logs: one line of JSON an event, without local variables: a traceback must not carry a name."""

import logging
import logging.config
import re
from typing import Final

import structlog

# A receipt code, as somebody may type it into the address by mistake.
_CODE: Final = re.compile(r"\b[0-9A-Za-z]{4}([-\s]?)(?:[0-9A-Za-z]{4}\1){4}[0-9A-Za-z]{4}\b")
# The secret address of a calendar, of which only a hash is kept.
_CALENDAR: Final = re.compile(r"(/calendar/)[^\s/?]+")


def without_codes(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    told = _CALENDAR.sub(r"\1[token]", str(event["event"]))
    return {**event, "event": _CODE.sub("[code]", told)}


def configure(*, level: str) -> None:
    shared: list[structlog.typing.Processor] = [
        without_codes,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        "foreign_pre_chain": shared,
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {"fontTools": {"level": "WARNING"}, "fpdf": {"level": "WARNING"}},
        }
    )
