"""What came in with a request is never spread out into a question to the database.

A name of the sender's choosing would be a column of theirs: the flaw of CVE-2022-28346 and CVE-2025-64459.
"""

import ast
from collections.abc import Iterator

import pytest

from config.launcher.processes import BASE_DIR

_ASKS = {
    "aggregate", "alias", "annotate", "bulk_create", "bulk_update", "create", "exclude", "extra", "filter",
    "get", "get_or_create", "only", "order_by", "update", "update_or_create", "values", "values_list",
    "Q", "get_object_or_404", "get_list_or_404", "aget", "acreate", "raw",
}  # fmt: skip
# Each is a word of our own, looked at one by one: what is spread, and why its names are not the sender's.
_OUR_OWN = {
    "exchanges/admin/fields.py": {"{str(self.parameter_name): asked}"},  # a class's own word
    # What an officer recorded, by the fields of a tuple of ours; a mark's fields are written out by the callers.
    "people/requests.py": {"asked._asdict()", "fields"},
    "people/relay/queue.py": {"_end(outcome, wait)"},  # the state and the end of a delivery, by one function
    "people/audit_desk.py": {"{kind: int(key)}"},  # staff or client, of the words that it offered
    "parcels/actions/care.py": {"receipt_codes.new()._asdict()"},
    "people/admin.py": {"{f'{owner}__in': people}"},  # staff or client
    # Who recorded it and when, by one function.
    "exchanges/actions/returns.py": {"recorded(by, now)"},
    "exchanges/actions/return_accounts.py": {"recorded(by, now)"},
    "exchanges/actions/claims.py": {"recorded(by, now)", "more"},  # `more`: what it rests on
    # Called with names in the source only: by the next version of terms, the demonstration and the tests.
    "exchanges/actions/agreements.py": {"fields"},
    "exchanges/actions/rounds.py": {"fields"},
    # Sender or recipient, sending or holding; a relation to go along, written out by the caller.
    "parcels/admin/person_panels.py": {
        "{end: looking.person, 'round__sending': looking.reader.organisation}",
        "{f'{other}__organisation': looking.reader.organisation}",
    },
    "parcels/ledger/parcels.py": {
        "{f'{prefix}round__in': list(scope.rounds)}",
        "{left: scope.agreement}",
        "{f'{left}__isnull': True, f'{prefix}round__agreement': scope.agreement}",
    },
    "parcels/workers/acts.py": {"{column: True}"},  # flagged or frozen
}
_SENT = ("GET", "POST", "FILES", "META", "data", "query_params", "cleaned_data", "validated_data", "body")


def spread(source: str) -> Iterator[tuple[int, str]]:
    """Yield each place where a mapping becomes names in a question to the database."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).split(".")
        asks = called[-1] in _ASKS and (len(called) > 1 or called[-1].startswith(("Q", "get_")))
        makes = len(called) == 1 and called[0][:1].isupper()
        sent = [each for each in node.keywords if each.arg is None]
        for each in sent:
            if _is_constant(each.value):
                continue
            if asks or (makes and _is_sent(each.value)) or called[-2:] == ["objects", "create"]:
                yield node.lineno, ast.unparse(each.value)
        if called[-1] in ("order_by", "only", "values", "values_list"):
            yield from ((node.lineno, ast.unparse(each)) for each in node.args if _is_sent(each))


def _is_constant(value: ast.expr) -> bool:
    """Whether its names stand in the source."""
    return isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys)


def _is_sent(value: ast.expr) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr in _SENT for each in ast.walk(value))


def test_nothing_sent_is_spread_into_a_question() -> None:
    found = {}
    for folder in ("config", "people", "exchanges", "parcels"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            where = str(path.relative_to(BASE_DIR))
            if "/migrations/" in where or "/bench/" in where or "/demonstration/" in where:
                continue
            for line, what in spread(path.read_text()):
                if what not in _OUR_OWN.get(where, ()):
                    found[f"{where}:{line}"] = what
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "Parcel.objects.filter(**request.GET.dict())",
        "rows.exclude(**told)",
        "Q(**form.cleaned_data)",
        "Parcel(**request.POST)",
        "Parcel.objects.create(**shape.validated_data)",
        "rows.filter(**{name: value})",
        "rows.order_by(request.GET['o'])",
        "get_object_or_404(Parcel, **kwargs)",
        "rows.update(**dict(request.data))",
    ],
)
def test_each_way_of_doing_it_is_found(source: str) -> None:
    assert list(spread(source))


@pytest.mark.parametrize(
    "source",
    [
        "Parcel.objects.filter(status=request.GET['status'])",
        "rows.filter(**{'status__in': request.GET.getlist('status')})",
        "actions.declare(**form.cleaned_data)",
        "rows.order_by('pk')",
    ],
)
def test_what_names_its_columns_is_let_be(source: str) -> None:
    assert not list(spread(source))
