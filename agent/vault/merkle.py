"""The hash tree over the ledger's lines (RFC 6962 section 2.1): one root stands for all of them, short proofs for each.

Comes in: lines without their newline, or their leaf hashes. Goes out: `Tree` with roots and proofs, and what checks a proof.
Pure: no files, no clock. A leaf's hash is sha256(0x00 || line), an inner node's sha256(0x01 || left || right), so that no line
can be passed off as a node. Lists of hashes go from the leaf up, as in the RFC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

LEAF, NODE = b"\x00", b"\x01"
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    return hashlib.sha256(LEAF + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


class Tree:
    """Holding one means: you can prove what the first lines of a ledger were. Grows at its end only."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """leaves: hashes of the lines (`leaf_hash`), oldest first."""
        self._levels: list[list[bytes]] = [[]]  # level k: hashes of whole subtrees of 2**k leaves
        for leaf in leaves:
            self.add(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def add(self, leaf: bytes) -> None:
        """One more line, by its leaf hash."""
        level, node = 0, leaf
        self._levels[0].append(node)
        while len(self._levels[level]) % 2 == 0:
            left, right = self._levels[level][-2:]
            node = node_hash(left, right)
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)

    def root(self, size: int | None = None) -> bytes:
        """The tree's hash over the first `size` leaves (default: all). Raises ValueError when there are fewer."""
        size = self._checked(len(self) if size is None else size)
        return EMPTY if size == 0 else self._hash(0, size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of leaf `index` (from 0) in the tree over the first `size` leaves. Raises ValueError."""
        size = self._checked(len(self) if size is None else size)
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} among {size}")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Proves that the tree over `size` leaves begins with the one over the first `old`. Raises ValueError."""
        size = self._checked(len(self) if size is None else size)
        if not 0 < old <= size:
            raise ValueError(f"no tree of {old} within {size}")
        path: list[bytes] = []
        start, end, whole = 0, size, True  # whole: the old tree is a subtree that its own root stands for
        while old != end:
            middle = start + split(end - start)
            if old <= middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._hash(start, end))
        return path[::-1]

    def _checked(self, size: int) -> int:
        if not 0 <= size <= len(self):
            raise ValueError(f"the tree has {len(self)} leaves, not {size}")
        return size

    def _hash(self, start: int, end: int) -> bytes:
        """Of the leaves [start, end), where start is a multiple of the subtree's size."""
        count = end - start
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._levels[level][start >> level]
        middle = start + split(count)
        return node_hash(self._hash(start, middle), self._hash(middle, end))


class Edge:
    """Holding one means: you know the root of a ledger's lines and can go on from there, without any of the lines.

    Only the roots of its whole subtrees are kept, the largest first: as many as the number of leaves has ones in binary.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Raises ValueError when so many leaves have another number of whole subtrees."""
        if size < 0 or len(hashes) != size.bit_count():
            raise ValueError(f"{len(hashes)} subtrees do not make a tree of {size}")
        self.size = size
        self._hashes = list(hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """What `Edge` is made again from, with the size."""
        return tuple(self._hashes)

    def add(self, leaf: bytes) -> None:
        """One more line, by its leaf hash."""
        node, rest = leaf, self.size
        while rest & 1:
            node = node_hash(self._hashes.pop(), node)
            rest >>= 1
        self._hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The tree's hash over all lines so far."""
        if not self._hashes:
            return EMPTY
        node = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            node = node_hash(left, node)
        return node


def split(count: int) -> int:
    """The largest power of two below `count` (two or more)."""
    return 1 << ((count - 1).bit_length() - 1)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that `leaf` is leaf `index` (from 0) of the tree of `size` leaves (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            node = node_hash(other, node)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, other)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that the tree of `size` leaves begins with that of `old` (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and old_root == root
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not nodes:
        return False
    at, last = old - 1, size - 1
    while at % 2 == 1:
        at, last = at >> 1, last >> 1
    first = second = nodes[0]
    for other in nodes[1:]:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, other)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root
