"""Checks of the proofs of RFC 6962 trees, as RFC 9162 writes them out, in plain Python.

Comes in: lines, roots, proofs. Goes out: whether they hold. `agent.vault.merkle` makes the proofs.
"""

from __future__ import annotations

import hashlib


def included(line: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether `line` is leaf `index` of the tree of `size` lines."""
    node, last = hashlib.sha256(b"\0" + line).digest(), size - 1
    if not 0 <= index < size:
        return False
    for other in path:
        if not last:
            return False
        left = index % 2 == 1 or index == last
        node = _node(other, node) if left else _node(node, other)
        while left and index % 2 == 0 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return not last and node == root


def consistent(old: int, old_root: bytes, size: int, root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the tree of `size` lines begins with the tree of `old` lines."""
    if old == size:
        return not path and old_root == root
    path = [old_root, *path] if old & (old - 1) == 0 else path
    index, last = old - 1, size - 1
    if not 0 < old < size or not path:
        return False
    while index % 2:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        if not last:
            return False
        left = index % 2 == 1 or index == last
        first, second = (_node(other, first), _node(other, second)) if left else (first, _node(second, other))
        while left and index % 2 == 0 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return not last and first == old_root and second == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
