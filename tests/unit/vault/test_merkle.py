"""The hash tree over the ledger, against the test vectors of Certificate Transparency (RFC 6962, RFC 9162)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vault.merkle import EMPTY, Edge, Tree, consistent, included, leaf_hash, node_hash

# The vectors that the Certificate Transparency implementations share: eight leaves, and the root over the first n of them.
LINES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
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
INCLUSION = {
    (0, 1): [],
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
CONSISTENCY = {
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


def tree(count: int = 8) -> Tree:
    return Tree(leaf_hash(line) for line in LINES[:count])


def test_roots_are_those_of_certificate_transparency() -> None:
    assert Tree().root() == EMPTY == hashlib.sha256().digest()
    assert [tree(n).root().hex() for n in range(1, 9)] == ROOTS
    assert [tree().root(n).hex() for n in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("which", "path"), INCLUSION.items())
def test_audit_paths_are_those_of_certificate_transparency(which: tuple[int, int], path: list[str]) -> None:
    index, size = which
    assert [node.hex() for node in tree().inclusion(index, size)] == path


@pytest.mark.parametrize(("which", "path"), CONSISTENCY.items())
def test_consistency_proofs_are_those_of_certificate_transparency(which: tuple[int, int], path: list[str]) -> None:
    assert [node.hex() for node in tree().consistency(*which)] == path


def test_what_is_not_there_has_no_proof() -> None:
    for wrong in (lambda: tree().root(9), lambda: tree().inclusion(8), lambda: tree(3).inclusion(-1)):
        with pytest.raises(ValueError, match=r"leaves|leaf"):
            wrong()
    with pytest.raises(ValueError, match="within"):
        tree().consistency(0)


def slow_root(leaves: list[bytes]) -> bytes:
    """The RFC's own definition, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(slow_root(leaves[:k]), slow_root(leaves[k:]))


@given(st.integers(1, 70), st.data())
def test_every_proof_holds_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(size)]
    grown = Tree(leaves)
    root = grown.root()
    assert root == slow_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = grown.inclusion(index)
    assert included(leaves[index], index, size, path, root)
    assert not included(leaf_hash(b"another"), index, size, path, root)
    assert not included(leaves[index], index, size, [*path, root], root)
    assert not included(leaves[index], index, size, path[:-1], root) or not path
    other = data.draw(st.integers(0, size - 1))
    assert included(leaves[index], other, size, path, root) == (other == index)
    old = data.draw(st.integers(1, size))
    proof = grown.consistency(old)
    assert consistent(old, grown.root(old), size, root, proof)
    assert not consistent(old, leaf_hash(b"another"), size, root, proof)
    assert not consistent(old, grown.root(old), size, leaf_hash(b"another"), proof)


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
def test_the_edge_alone_gives_the_same_roots_as_the_tree(lines: list[bytes], cut: int) -> None:
    edge, tree = Edge(), Tree()
    for number, line in enumerate(lines):
        if number == cut:  # put away and taken up again
            edge = Edge(edge.size, edge.hashes)
        edge.add(leaf_hash(line))
        tree.add(leaf_hash(line))
        assert edge.root() == tree.root()
    assert (edge.size, len(edge.hashes)) == (len(lines), len(lines).bit_count())


@pytest.mark.parametrize(("size", "hashes"), [(1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (-1, ())])
def test_an_edge_that_cannot_be_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="subtrees"):
        Edge(size, hashes)
