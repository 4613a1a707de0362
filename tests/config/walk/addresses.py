"""Every address, with its parameters filled in from the rows that exist: ours and foreign ones alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from exchanges.admin.return_page import ACTS
from exchanges.models import Agreement, Return, Round, Visit
from parcels.lifecycle import MOVES
from parcels.models import LedgerSnapshot, Parcel
from people.models import Delivery, Endpoint, ListComparison, Person
from tests.config.walk.planting import Planted

Fill = Callable[[], Iterable[object]]
PARAMETER: Final = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
_MODEL: Final = re.compile(r"^admin/(?P<app>people|exchanges|parcels)/(?P<model>\w+)/")
# Served from files, or answered for whatever is not there.
LEFT_OUT: Final = ("admin/(?P<url>.*)$", "^(?:api|oauth)/")
# They read no rows.
_SAME_FOR_ALL: Final = ("api/schema/", "api/docs/", "admin/jsi18n/", "livez", "readyz", "metrics")
# The same answer for every object: one of ours and one foreign stand for all.
_ALIKE: Final = re.compile(
    r"/<path:object_id>/(history/|delete/)?$|/do/|/find/|/add/<|/tell/|/counter/$|/slip/$"
)
# Made by the dozen for the walk itself.
_MANY: Final = ("people.staff", "people.client", "people.grant", "people.auditentry")


def _of(model: type[Model], field: str = "pk") -> Fill:
    return lambda: model._default_manager.order_by("pk").values_list(field, flat=True)


# By the parameter's name, or by what stands before it where names are alike.
FILLS: Final[Mapping[str, Fill]] = {
    "move": lambda: MOVES,
    "deed": lambda: ("freeze", "unflag", "release", "check_tie"),
    "what": lambda: ("look", *ACTS),
    "name": lambda: ("postpone", "resume", "cancel"),
    "part": lambda: ("prisoner", "relative"),
    "number": _of(Parcel, "number"),
    "comparison_id": _of(ListComparison),
    "id": _of(Delivery, "reference"),
    "slug": lambda: ("not-found",),
    "app_label": lambda: ("people", "exchanges", "parcels"),
    "sign-in/": lambda: ("no-such-token",),
    "invitation/": lambda: ("no-such-token",),
    "api/v1/agreements/": _of(Agreement, "reference"),
    "api/v1/people/": _of(Person, "reference"),
    "api/v1/returns/": _of(Return, "reference"),
    "api/v1/rounds/": _of(Round, "reference"),
    "api/v1/visits/": _of(Visit, "reference"),
    "reference": _of(Endpoint, "reference"),
}


class Address(NamedTuple):
    pattern: str
    path: str
    filled: bool = False
    """It names an object, ours or a foreign one."""


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


def addresses(*planted: Planted) -> Iterator[Address]:
    """:raises KeyError: for a parameter that nothing here knows how to fill"""
    fills = {
        **FILLS,
        "calendar/": lambda: ("no-such-token", *(each.calendar for each in planted)),
        "admin/exchanges/exchange/": lambda: [each.exchange for each in planted],
    }
    for pattern in patterns():
        if pattern in _SAME_FOR_ALL:
            continue
        plain = _plain(pattern)
        names = [found["name"] for found in PARAMETER.finditer(plain)]
        for values in product(*(_values(plain, name, fills) for name in names)):
            path = plain
            for name, value in zip(names, values, strict=True):
                path = re.sub(rf"<(?:\w+:)?{name}>", str(value), path, count=1)
            yield Address(pattern, f"/{path}", bool(names))


def same_for_all() -> Iterator[Address]:
    """Yield what one reader reads for all of them."""
    yield from (Address(pattern, f"/{pattern}") for pattern in _SAME_FOR_ALL)


def asking() -> Iterator[Address]:
    """Yield what is asked behind a question mark: by reference, number, whole name or key."""
    for reference in Person.objects.order_by("pk").values_list("reference", flat=True):
        yield _query("admin/exchanges/claim/timeline/", f"about={reference}")
    for group in Return.objects.order_by("pk").values_list("reference", flat=True):
        yield _query("admin/exchanges/claim/timeline/", f"about={group}")
        yield _query("admin/exchanges/claim/add/", f"about={group}")
    for number in Parcel.objects.order_by("pk").values_list("number", flat=True):
        yield _query("admin/exchanges/claim/timeline/", f"about={number}")
    one, *_, other = LedgerSnapshot.objects.order_by("pk").values_list("pk", flat=True)
    for a, b in ((one, one), (other, other), (one, other)):
        yield _query("admin/parcels/ledgersnapshot/compare/", f"a={a}&b={b}")
    for model in ("people/person", "people/staff", "exchanges/visit", "parcels/parcel"):
        app, name = model.split("/")
        yield _query("admin/autocomplete/", f"app_label={app}&model_name={name}&field_name=person&term=a")
        yield _query(f"admin/{model}/", "q=Pavlo")


def _query(pattern: str, query: str) -> Address:
    return Address(pattern, f"/{pattern}?{query}")


def _plain(pattern: str) -> str:
    """Write a regular expression as a path: `^problems/(?P<slug>…)/?$` is problems/<slug>/."""
    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    return pattern.replace("^", "").replace("/?$", "/").rstrip("$")


def _values(pattern: str, name: str, fills: Mapping[str, Fill]) -> list[Any]:
    place = next((fill for fill in fills if fill.endswith("/") and pattern.startswith(fill)), None)
    fill = fills.get(place or name)
    if fill is not None:
        return list(fill())
    found = _model(pattern, name)
    keys = list(_of(found)())
    few = _ALIKE.search(pattern) or found._meta.label_lower in _MANY
    return keys[:1] + keys[1:][-1:] if few else keys


def _model(pattern: str, name: str) -> type[Model]:
    """Return whose key it is: of the page's own model, or of the one that `parcel_id` is called after.

    :raises KeyError: if it is called after none
    """
    page = _MODEL.match(pattern)
    if page and name in ("object_id", "pk"):
        return apps.get_model(page["app"], page["model"])
    named = {
        f"{model._meta.model_name}_id": model
        for app in ("people", "exchanges", "parcels")
        for model in apps.get_app_config(app).get_models()
    }
    return named[name]
