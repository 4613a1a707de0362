"""The Merkle tree, by the published trees of eight leaves and by the example drawn in RFC 9162."""

import random

import pytest

from people.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    includes,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    nodes_of,
    root,
)

# The inputs and roots with which implementations of RFC 6962 and RFC 9162 have been tested since the first,
# Google's certificate-transparency (merkletree/merkle_tree_test.cc).
INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
LEAVES = [leaf_hash(bytes.fromhex(each)) for each in INPUTS]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, tree size): the published audit paths of the same tree.
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
# (older size, size): the published consistency proofs.
GROWTH = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def hashes(words: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in words]


def test_empty_tree_is_the_hash_of_nothing() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == EMPTY


def test_roots_are_the_published_ones() -> None:
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int) -> None:
    proof = inclusion_proof(index, size, nodes_of(LEAVES))

    assert [each.hex() for each in proof] == PATHS[index, size]
    assert includes(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("older", "size"), GROWTH)
def test_consistency_proofs_are_the_published_ones(older: int, size: int) -> None:
    proof = consistency_proof(older, size, nodes_of(LEAVES))

    assert [each.hex() for each in proof] == GROWTH[older, size]
    assert is_consistent(older, size, proof, *hashes([ROOTS[older - 1], ROOTS[size - 1]]))


def test_example_of_the_rfc() -> None:
    """RFC 9162, 2.1.5: the tree of seven leaves, its paths and its proofs by the names of their nodes."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741  the RFC's own letters
    seven = LEAVES[:7]

    assert root(seven) == node_hash(k, l)
    nodes = nodes_of(seven)
    assert [inclusion_proof(at, 7, nodes) for at in (0, 3, 4, 6)] == [[b, h, l], [c, g, l], [f, j, k], [i, k]]
    assert [consistency_proof(size, 7, nodes) for size in (3, 4, 6)] == [[c, d, g, l], [l], [i, j, k]]


def test_tree_grows_from_its_frontier_as_if_it_were_built_anew() -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(70)]
    frontier = Frontier()
    for size, leaf in enumerate(leaves, start=1):
        frontier = Frontier.from_bytes(frontier.size, bytes(frontier))
        frontier.append(leaf)
        assert frontier.root == root(leaves[:size])


def test_frontier_tells_of_every_subtree_that_becomes_whole() -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(21)]
    told: dict[tuple[int, int], bytes] = {}
    frontier = Frontier(whole=lambda height, place, node: told.update({(height, place): node}))
    for leaf in leaves:
        frontier.append(leaf)

    nodes = nodes_of(leaves)
    whole = {(height, place) for height in range(1, 5) for place in range(21 >> height)}
    assert told == {at: nodes(*at) for at in whole}


@pytest.mark.parametrize(("size", "kept"), [(3, b"x" * 32), (2, b"x" * 33), (0, b"x" * 32)])
def test_frontier_of_another_tree_is_refused(size: int, kept: bytes) -> None:
    with pytest.raises(ValueError, match=r"subtrees|no row"):
        Frontier.from_bytes(size, kept)


def test_every_proof_holds_and_none_holds_for_another_tree() -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(33)]
    rng = random.Random(9162)  # noqa: S311  the same mistakes in every run
    for size in range(1, 34):
        now, nodes = root(leaves[:size]), nodes_of(leaves[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            assert includes(leaves[index], index, size, proof, now)
            assert not includes(leaves[(index + 1) % 33], index, size, proof, now)
            assert not includes(leaves[index], index, size, [*proof, rng.randbytes(32)], now)
        for older in range(1, size + 1):
            proof, was = consistency_proof(older, size, nodes), root(leaves[:older])
            assert is_consistent(older, size, proof, was, now)
            assert not is_consistent(older, size, proof, rng.randbytes(32), now)
            assert older == size or not is_consistent(older, size, proof, was, rng.randbytes(32))


def test_there_is_no_proof_about_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(8, 8, nodes_of(LEAVES))
    with pytest.raises(IndexError):
        consistency_proof(0, 8, nodes_of(LEAVES))
    assert not includes(LEAVES[0], 9, 8, [], root(LEAVES))
    assert not is_consistent(9, 8, [], root(LEAVES), root(LEAVES))
