"""Ed25519 (RFC 8032), verification only, in plain Python: for machines on which nothing but Python is installed.

Comes in: a key, a signature, data. Goes out: whether it holds. Nothing here is secret, so it need not
take the same time for each input.
"""

from __future__ import annotations

import hashlib

P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
# Points that a few additions lead to zero: under such a key a signature can hold for any data, so that it is nobody's key.
SMALL = {
    *(0, 1, P - 1),
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
}


def _add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    u, v = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = (t - s) % P, (v - u) % P, (v + u) % P, (t + s) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(a: tuple[int, ...]) -> tuple[int, ...]:
    s, t, u = a[0] * a[0] % P, a[1] * a[1] % P, 2 * a[2] * a[2]
    h = s + t
    e, g = h - (a[0] + a[1]) ** 2 % P, s - t
    f = u + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def _sum(n: int, a: tuple[int, ...], m: int, b: tuple[int, ...]) -> tuple[int, ...]:
    """n times a and m times b together, bit by bit: half the work of one after the other."""
    ways = (None, a, b, _add(a, b))
    total: tuple[int, ...] = (0, 1, 1, 0)
    for at in range(max(n.bit_length(), m.bit_length()) - 1, -1, -1):
        total = _double(total)
        way = ways[(n >> at & 1) + 2 * (m >> at & 1)]
        total = total if way is None else _add(total, way)
    return total


def _point(data: bytes) -> tuple[int, ...]:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of the Ed25519 key `public` under `data`."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= Q:
        return False
    try:
        key = _point(public)
    except ValueError:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + data).digest(), "little") % Q
    x, y, z, _ = _sum(s, BASE, k, (P - key[0], key[1], 1, P - key[3]))
    inverse = pow(z, P - 2, P)
    return signature[:32] == (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def is_somebodys(key: bytes) -> bool:
    """Whether an Ed25519 key is written in its one way, and is no point under which signatures hold for anything."""
    height = int.from_bytes(key, "little") & (1 << 255) - 1
    return height < P and height not in SMALL
