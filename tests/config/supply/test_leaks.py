"""Secrets written down by mistake are found; numbers of standards and texts are not taken for any."""

import secrets

import pytest

from config.supply.leaks import found, history, leaks, tree

# Put together here, so that this file holds none.
_MADE = {
    "private key": "-----BEGIN EC " + "PRIVATE KEY-----",
    "AWS key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + secrets.token_hex(20),
    "GitLab token": "glpat-" + secrets.token_hex(12),
    "PyPI token": "pypi-AgE" + secrets.token_urlsafe(60),
    "Slack token": "xoxb-" + "123456789012-abcdef",
    "Google key": "AIza" + "a1" * 17 + "b",
    "JSON web token": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0In0" + ".dozjgNryP4J3jVmNHl0w5N",
    "password in an address": "postgresql://lifeline:" + "x8Kq2mVw" + "@db.internal/lifeline",
}


@pytest.mark.parametrize(("kind", "text"), _MADE.items(), ids=_MADE)
def test_known_form_is_found(kind: str, text: str) -> None:
    assert [leak.kind for leak in leaks(f"a line with {text} in it", "x")] == [kind]


@pytest.mark.parametrize("name", ["SECRET_KEY", "client_secret", "api_key", "password", "kek", "accessToken"])
def test_chance_under_a_telling_name_is_found(name: str) -> None:
    (leak,) = leaks(f'{name} = "{secrets.token_hex(32)}"', "x")
    assert leak.kind == "secret by its name"


@pytest.mark.parametrize(
    "text",
    [
        'client_secret = "a-secret-nobody-knows-at-all"',
        "DATABASE_URL=postgresql://lifeline_app:…@db.internal/lifeline",
        'f"redis://:{self.password}@127.0.0.1:{self.port}/0"',
        "--hash=sha256:" + "0123456789abcdef" * 4,
        'token = "no-such-token-at-all-anywhere"',
    ],
)
def test_what_only_looks_like_one_is_let_be(text: str) -> None:
    assert not list(leaks(text, "x"))


def test_no_line_of_the_report_holds_the_secret() -> None:
    secret = secrets.token_hex(32)
    assert secret not in str(list(leaks(f'token = "{secret}"', "x")))


def test_tree_and_its_history_hold_none() -> None:
    places = [*tree(), *history()]
    assert len(places) > 500
    assert not found(places)
