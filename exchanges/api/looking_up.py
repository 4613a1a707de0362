"""One of the rows a caller may see, by its reference."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from people.api import Pages

_Row = TypeVar("_Row", bound=Model)


class ReferencePages(Pages):
    ordering = "reference"


def one(rows: QuerySet[_Row], reference: str) -> _Row:
    if not reference.isprintable():  # PostgreSQL takes no NUL
        raise Http404
    return get_object_or_404(rows, reference=reference)
