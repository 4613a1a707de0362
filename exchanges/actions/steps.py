"""Bringing something from state to state by its table, and what stands in the way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from django.db.models import Model

from exchanges.lifecycle import Lifecycle

_Row = TypeVar("_Row", bound=Model)


class NotPossible(Exception):
    """What is asked does not follow from the state things are in; says why, for staff."""


def locked(row: _Row, *related: str) -> _Row:
    """Return `row` as it is now, locked for this transaction, with what it needs of `related`."""
    rows = type(row)._default_manager.select_for_update(of=("self",)).select_related(*related)
    return rows.get(pk=row.pk)


def check_step(row: Any, step: str, lifecycle: Lifecycle) -> None:
    """:raises NotPossible: if `step` does not follow from the row's status"""
    status: str = row.status
    if not lifecycle.allows(status, step):
        raise NotPossible(f"{_said(lifecycle.name)} that is {_words(status)} cannot become {_words(step)}.")


def take_step(row: Any, step: str, lifecycle: Lifecycle, *, also: Collection[str] = ()) -> None:
    """Bring a locked row to `step`, and save with it the fields that were changed `also`.

    :raises NotPossible: if that does not follow from its status
    """
    check_step(row, step, lifecycle)
    row.status = step
    row.save(update_fields=["status", *also])


def _said(name: str) -> str:
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name}"


def _words(status: str) -> str:
    return status.replace("_", " ")
