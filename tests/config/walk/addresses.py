"""Every address, with its parameters filled in from the rows that exist: ours and foreign ones alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from exchanges.models import Agreement, Round
from parcels.lifecycle import MOVES
from parcels.models import Consignment, Parcel
from people.models import Approval

Fill = Callable[[], Iterable[object]]
PARAMETER: Final = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
_MODEL: Final = re.compile(r"^admin/(?P<app>people|exchanges|parcels)/(?P<model>\w+)/")
# Served from files, or answered for whatever is not there.
LEFT_OUT: Final = ("admin/(?P<url>.*)$", "^(?:api|oauth)/")


def _of(model: type[Model], field: str = "pk") -> Fill:
    return lambda: model._default_manager.order_by("pk").values_list(field, flat=True)


# By the parameter's name, or by what stands before it where names are alike.
FILLS: Final[Mapping[str, Fill]] = {
    "consignment_id": _of(Consignment),
    "parcel_id": _of(Parcel),
    "approval_id": _of(Approval),
    "move": lambda: MOVES,
    "deed": lambda: ("freeze", "unflag", "release", "check_tie"),
    "number": _of(Parcel, "number"),
    "token": lambda: ("no-such-token",),
    "slug": lambda: ("not-found",),
    "app_label": lambda: ("people", "exchanges", "parcels"),
    "api/v1/agreements/": _of(Agreement, "reference"),
    "api/v1/rounds/": _of(Round, "reference"),
}


class Address(NamedTuple):
    pattern: str
    path: str


def patterns() -> Iterator[str]:
    """Yield every address as it is written in the URL configuration."""
    yield from (each for each in _walk(get_resolver().url_patterns, "") if each not in LEFT_OUT)


def _walk(found: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for each in found:
        pattern = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, pattern)
        else:
            yield pattern


def addresses() -> Iterator[Address]:
    """:raises KeyError: for a parameter that nothing here knows how to fill"""
    for pattern in patterns():
        plain = _plain(pattern)
        names = [found["name"] for found in PARAMETER.finditer(plain)]
        for values in product(*(_values(plain, name) for name in names)):
            path = plain
            for name, value in zip(names, values, strict=True):
                path = re.sub(rf"<(?:\w+:)?{name}>", str(value), path, count=1)
            yield Address(pattern, f"/{path}")


def _plain(pattern: str) -> str:
    """Write a regular expression as a path: `^problems/(?P<slug>…)/?$` is problems/<slug>/."""
    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    return pattern.replace("^", "").replace("/?$", "/").rstrip("$")


def _values(pattern: str, name: str) -> list[Any]:
    model = _MODEL.match(pattern)
    if name in ("object_id", "pk") and model:
        return list(_of(apps.get_model(model["app"], model["model"]))())
    place = next((fill for fill in FILLS if fill.endswith("/") and pattern.startswith(fill)), None)
    return list(FILLS[place or name]())
