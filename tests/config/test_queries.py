"""What stands behind the question mark: odd values are refused, and unknown names ask nothing of the database."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
import time_machine
from django.contrib import admin
from django.test import Client

from tests.config.walk.addresses import addresses
from tests.config.walk.planting import plant
from tests.config.walk.walkers import of_every_role
from tests.factories import NOON, World, world
from tests.parcels.admin.desk import text
from tests.signing_in import signed_in

ODD = ("\0", "\ufffd'\"><x%00", "-1", "99999999999999999999")
NAMES = (
    "q", "o", "p", "page", "all", "e", "kind", "reason", "about", "a", "b", "term", "app_label", "model_name",
    "field_name", "next", "status", "round", "person", "_popup", "_to_field", "_changelist_filters", "office",
    "month", "day", "agreement", "purpose", "deed", "language", "cursor", "page_size", "updated_since", "who",
)  # fmt: skip


@pytest.fixture
def w() -> Iterator[World]:
    with time_machine.travel(NOON, tick=False):
        yield world()


def _everything(w: World) -> Client:
    return signed_in(of_every_role(w.north), client=Client(raise_request_exception=False))


@pytest.mark.django_db
def test_odd_values_break_no_page(w: World) -> None:
    planted = plant(w, "qara")
    browser = _everything(w)
    # One address of each pattern: what is asked of an object is asked alike of each.
    paths = {each.pattern: each.path for each in addresses(planted) if "logout" not in each.pattern}
    asked = [(path, dict.fromkeys(NAMES, value)) for path in paths.values() for value in ODD[:2]]
    asked += [(path, {name: value}) for path, name in _filters() for value in ODD]

    broken = [
        (path, tell) for path, tell in asked
        if browser.get(path, tell).status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]  # fmt: skip
    assert not broken, "\n".join(map(ascii, broken))


def _filters() -> Iterator[tuple[str, str]]:
    """Yield each list, and each name that it asks by."""
    for model, desk in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        named = [str(getattr(each, "parameter_name", None) or each) for each in desk.list_filter]
        yield from ((path, name) for name in ("q", "o", "p", *named))


@pytest.mark.django_db
def test_column_that_no_filter_asks_for_is_refused(w: World) -> None:
    browser = _everything(w)
    lists = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    assert len(lists) > 15
    for path in lists:
        plain = browser.get(path)  # its token for forms is another each time: its words are compared
        for name in (
            "pk__gt",
            "id__in",
            "staff__password__startswith",
            "recipient__reference",
            "sealed__isnull",
        ):
            answer = browser.get(path, {name: "1"})
            # No list is shown, or the very list that anybody is shown who asks nothing.
            refused = answer.status_code in (302, 400, 403, 404)
            assert refused or text(answer) == text(plain), (path, name, answer.status_code)
