"""The stand-alone verifier: one file, and the published vectors of what it is made of."""

import ast
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from custody_verifier.custody_verify import (
    Tree,
    Wrong,
    canonical,
    includes,
    is_consistent,
    is_moment,
    parsed,
)
from tests.people.test_merkle import GROWTH, LEAVES, PATHS, ROOTS

FILE = Path("custody_verifier/custody_verify.py")


def test_it_needs_nothing_but_cryptography() -> None:
    tree = ast.parse(FILE.read_text())
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.mark.parametrize("size", range(1, 9))
def test_tree_has_the_published_roots(size: int) -> None:
    tree = Tree(0, [])
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    assert tree.root.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_published_paths_are_accepted(index: int, size: int) -> None:
    proof, root = [bytes.fromhex(each) for each in PATHS[index, size]], bytes.fromhex(ROOTS[size - 1])
    assert includes(LEAVES[index], index, size, proof, root)
    assert not includes(LEAVES[index], index, size, [*proof, root], root)
    assert not includes(LEAVES[index - 1], index, size, proof, root)


@pytest.mark.parametrize(("older", "size"), GROWTH)
def test_published_consistency_proofs_are_accepted(older: int, size: int) -> None:
    proof = [bytes.fromhex(each) for each in GROWTH[older, size]]
    old, new = bytes.fromhex(ROOTS[older - 1]), bytes.fromhex(ROOTS[size - 1])
    assert is_consistent(older, size, proof, old, new)
    assert not is_consistent(older, size, [*proof, new], old, new)
    assert not is_consistent(older, size, proof, bytes(32), new)


def test_canonical_json_is_that_of_rfc_8785() -> None:
    """3.2.3: the order of the published example's keys, whatever their script."""
    told = {
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\U0001f600": "Emoji: Grinning Face", "\x80": "Control", "\u00f6": "Latin Small Letter O With Diaeresis",
    }  # fmt: skip
    assert canonical(told) == (
        '{"\\r":"Carriage Return","1":"One","\x80":"Control","ö":"Latin Small Letter O With Diaeresis",'
        '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )


@pytest.mark.parametrize(
    "line",
    [b'{"a": 1}\n', b'{"b":1,"a":2}\n', b'{"a":1,"a":1}\n', b'{"a":1.0}\n', b'{"a":1e1}\n', b"[1]\n", b'{"a":1}',
     b'{"a":"\\u0041"}\n', b'{"a":NaN}\n', b"\xff\n", b'{"a":9007199254740993}\n', b'{"a":1}\r\n', b"",
     b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}\n", b'{"a":' + b"9" * 5000 + b"}\n", b'{"a":"\\ud800"}\n'],
)  # fmt: skip
def test_line_in_another_form_is_refused(line: bytes) -> None:
    with pytest.raises(Wrong):
        parsed(line, 1)


def test_signatures_are_those_of_rfc_8032() -> None:
    """7.1, test 2: as `cryptography` signs, so it is verified."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize(
    "text", ["2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000000+00:00", "2026-13-20", ""]
)
def test_times_have_one_form(text: str) -> None:
    assert not is_moment(text)
    assert is_moment("2026-11-20T12:00:00.000005Z")
