"""A message that cannot be read is put down, and its worker lives.

Celery lets an error in reading a message end the worker, which gives the message back as it goes: it would
end the next one too, until somebody took it out of Redis. Nothing is lost with it: what is due is found by
query.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.worker import strategy
from kombu.transport import redis

_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)

Handler = Callable[..., Any]
if TYPE_CHECKING:
    _Task = Task[Any, Any]
else:
    _Task = Task


class Message(_Task):
    abstract = True
    Strategy = "config.unreadable:reading"


def reading(task: _Task, app: Any, consumer: Any) -> Handler:
    """Read as Celery does, and tell its consumer of what cannot be read in the way that it understands."""
    handle = strategy.default(task, app, consumer)

    def read(*args: Any, **kwargs: Any) -> Any:
        try:
            return handle(*args, **kwargs)
        except _UNREADABLE as error:
            raise InvalidTaskError(type(error).__name__) from error

    return read


class _Channel(redis.Channel):
    def _brpop_read(self, **options: Any) -> Any:
        """Read as kombu does; what is no message at all is out of Redis already, and was none."""
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # the stubs do not know it
        except _UNREADABLE as error:
            raise Empty from error


class Transport(redis.Transport):
    Channel = _Channel
