"""What a bag's verify.py computes by itself: Ed25519, canonical JSON, proofs; against RFCs and the agent's libraries."""

from __future__ import annotations

import hashlib

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.evidence.bag_files import hash_tree
from agent.evidence.bag_files.canonical_json import canonical
from agent.evidence.bag_files.ed25519 import Q, signed
from agent.vault import merkle
from agent.vault.device_key import DeviceKey, verify

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
)


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_takes_the_signatures_of_rfc_8032(public: str, message: bytes, signature: str) -> None:
    key, proof = bytes.fromhex(public), bytes.fromhex(signature)
    assert signed(key, proof, message)
    assert not signed(key, proof, message + b"x")
    assert not signed(key, proof[:63] + bytes([proof[63] ^ 1]), message)


@settings(max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 64 * 8 - 1))
def test_ed25519_says_what_the_agents_library_says(seed: bytes, message: bytes, bit: int) -> None:
    key = DeviceKey(seed, bytes(32))
    good = key.sign(message)
    assert signed(key.public, good, message)
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    assert not signed(key.public, bytes(bad), message)
    assert not verify(key.public, bytes(bad), message)


def test_a_second_form_of_a_signature_is_no_signature() -> None:
    key = DeviceKey(bytes(32), bytes(32))
    good = key.sign(b"x")
    twin = good[:32] + (int.from_bytes(good[32:], "little") + Q).to_bytes(32, "little")
    assert not signed(key.public, twin, b"x")
    for wrong in (b"", good[:63], good + b"\0", bytes(64)):
        assert not signed(key.public, wrong, b"x")
    for no_key in (b"", bytes(31), b"\xff" * 32, b"\2" + bytes(31)):
        assert not signed(no_key, good, b"x")


@given(JSON)
def test_json_is_written_as_rfc_8785_says(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [  # RFC 8785, appendix B, and the borders between its forms
        (0.0, "0"), (-0.0, "0"), (5e-324, "5e-324"), (-5e-324, "-5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"), (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"), (1e23, "1e+23"), (1.0000000000000001e23, "1.0000000000000001e+23"),
        (999999999999999700000.0, "999999999999999700000"), (999999999999999900000.0, "999999999999999900000"), (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"), (0.000001, "0.000001"), (333333333.3333332, "333333333.3333332"),
        (1795297990.507, "1795297990.507"), (10, "10"), (1e-7, "1e-7"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_rfc_8785_says(value: float, text: str) -> None:
    assert canonical(value) == text.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "\ud800", {1: 2}, object()])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        canonical(value)


@given(st.integers(1, 40), st.data())
def test_proofs_are_checked_as_the_agent_checks_them(size: int, data: st.DataObject) -> None:
    lines = [b"%d" % n for n in range(size)]
    tree = merkle.Tree(map(merkle.leaf_hash, lines))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, proof = tree.inclusion(index), tree.consistency(old)
    assert hash_tree.included(lines[index], index, size, path, tree.root())
    assert hash_tree.consistent(old, tree.root(old), size, tree.root(), proof)
    other, longer = data.draw(st.integers(-1, size + 1)), data.draw(st.lists(st.sampled_from([*path, b"x" * 32]), max_size=6))
    mine = hash_tree.included(lines[index], other, size, longer, tree.root())
    assert mine == merkle.included(merkle.leaf_hash(lines[index]), other, size, longer, tree.root())
    mine = hash_tree.consistent(other, tree.root(old), size, tree.root(), longer)
    assert mine == merkle.consistent(other, tree.root(old), size, tree.root(), longer)
