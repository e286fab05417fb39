"""What comes back is checked: bags in memory, and the code of a printed report against this shop's own ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyrage
import pytest

from agent.entry.code_reader import LONGEST, CodeReader
from agent.evidence.delivery import Protection
from agent.evidence.report_photo import PhotoUnreadable, codes_in
from agent.evidence.verify import Verdict
from agent.vault import Vault
from agent.vault.checkpoint import anchor_text, make_checkpoint
from agent.vault.ledger import Head
from agent.vault.merkle import Tree, leaf_hash
from agent.verify_desk import NotAnAnchor, Paper, VerifierBusy, VerifyDesk
from tests import bags
from tests.photo import photographed


@dataclass
class Handed:
    """A shop from which a bag went: the bag as it left, the code of its report, an older code."""

    vault: Vault
    desk: VerifyDesk
    sealed: bytes
    plain: bytes
    anchor: str
    older: str


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handed]:
    top = tmp_path_factory.mktemp("handed")
    with bags.shop(top / "data") as vault:
        older = anchor_text(vault.checkpoint())
        key = pyrage.x25519.Identity.generate()
        delivered, composed = bags.exporter(vault).export(bags.ORDER, top, Protection(recipients=(str(key.to_public()),)))
        plain = b"".join(composed.bag.zip_pieces())
        desk = VerifyDesk(vault)
        yield Handed(vault, desk, delivered.path.read_bytes(), plain, composed.anchor, older), str(key)  # type: ignore[misc]


@pytest.fixture
def shop(handed) -> Handed:
    return handed[0]


# bags


def test_an_uploaded_bag_gets_the_verdict_of_the_command(handed) -> None:
    shop, key = handed
    for data, identity in ((shop.plain, ""), (shop.sealed, key)):
        found = shop.desk.bag(data, shop.anchor, "", identity)
        assert found.verdict is Verdict.UNCHANGED, found.text.en
        assert found.device == shop.desk.fingerprint
        assert found.checks[-1].state == "ok", "it is the bag on the paper"
    locked = shop.desk.bag(shop.sealed, "", "")
    assert (locked.verdict, "encrypted" in locked.text.en) == (Verdict.UNKNOWN, True)


def test_what_is_wrong_with_a_bag_is_said_and_never_raised(shop: Handed) -> None:
    flipped = bytearray(shop.plain)
    flipped[len(flipped) // 2] ^= 1
    bomb = b"PK\3\4" + b"\xff" * 4096
    impossible = b"age-encryption.org/v1\n-> scrypt x 99\n"
    assert shop.desk.bag(bytes(flipped), "", "").verdict is Verdict.CHANGED
    for data in (shop.plain[:-100], b"", b"x", bomb, shop.sealed[:-10], impossible):
        assert shop.desk.bag(data, "", "some passphrase").verdict is Verdict.UNKNOWN


def test_one_thing_is_checked_at_a_time(shop: Handed) -> None:
    with shop.desk.alone(), pytest.raises(VerifierBusy), shop.desk.alone():
        pass
    with shop.desk.alone():
        pass


# reports


def test_a_reports_code_says_when_it_was_made_and_for_which_bag(shop: Handed) -> None:
    found = shop.desk.paper(shop.anchor)
    assert found.verdict is Paper.HOLDS
    assert (found.fingerprint, found.has_bag, found.other_key) == (shop.desk.fingerprint, True, False)
    assert found.export is not None
    assert (found.export.receiver, found.export.incident) == (bags.ORDER.receiver, bags.ORDER.incident)
    typed = shop.anchor.lower().replace("ansim1:", "ansim1 : ")
    assert shop.desk.paper(f" {typed[:40]}\n{typed[40:]}- ") == found, "blanks, hyphens and small letters do not matter"


def test_an_older_code_holds_as_long_as_the_ledger_begins_with_what_it_sealed(shop: Handed) -> None:
    found = shop.desk.paper(shop.older)
    assert (found.verdict, found.has_bag, found.export) == (Paper.HOLDS, False, None)


@pytest.mark.parametrize("text", ["", "ANSIM1:", "ANSIM1:AAAA", "hello", "ANSIM2:" + "A" * 282, "ANSIM1:" + "!" * 282])
def test_what_is_no_code_is_said_to_be_none(shop: Handed, text: str) -> None:
    with pytest.raises(NotAnAnchor, match="ANSIM1"):
        shop.desk.paper(text)


def test_a_mistyped_code_is_not_genuine(shop: Handed) -> None:
    letter = "B" if shop.anchor[60] == "A" else "A"
    assert shop.desk.paper(shop.anchor[:60] + letter + shop.anchor[61:]).verdict is Paper.FORGED


def test_a_ledger_that_was_written_anew_does_not_fit_the_paper(shop: Handed) -> None:
    """Signed by this very device, over lines that this ledger never had: as after a rewrite by whoever has the key."""
    key, tree = shop.vault.device, Tree(leaf_hash(b"another line %d" % n) for n in range(5))
    other = make_checkpoint(Head(5, "ab" * 32), tree.root(), 1_790_000_000.0, key.public, key.sign)
    found = shop.desk.paper(anchor_text(other))
    assert found.verdict is Paper.CHANGED
    assert "1 to 5" in found.doubts[0].en
    longer = make_checkpoint(Head(10_000, "ab" * 32), tree.root(), 1_790_000_000.0, key.public, key.sign)
    assert "was cut" in shop.desk.paper(anchor_text(longer)).doubts[0].en


def test_a_report_of_another_shop_is_told_from_one_of_an_earlier_key(shop: Handed) -> None:
    key, lines = bags.STRANGER, [line.removesuffix(b"\n") for line in shop.vault.ledger_lines()]
    foreign = make_checkpoint(Head(3, "ab" * 32), Tree([leaf_hash(b"x")]).root(), 1_790_000_000.0, key.public, key.sign)
    assert shop.desk.paper(anchor_text(foreign)).verdict is Paper.FOREIGN
    root = Tree(leaf_hash(line) for line in lines[:3]).root()
    earlier = make_checkpoint(Head(3, "ab" * 32), root, 1_790_000_000.0, key.public, key.sign)
    found = shop.desk.paper(anchor_text(earlier))
    assert (found.verdict, found.other_key) == (Paper.HOLDS, True)


# photographs


@pytest.mark.parametrize(("size", "blur"), [((3000, 4000), 1.2), ((1800, 2400), 0.6), ((4000, 3000), 1.0)])
def test_a_phones_picture_of_the_report_is_read(shop: Handed, size: tuple[int, int], blur: float) -> None:
    assert shop.desk.photo(photographed(shop.anchor, size, blur=blur)) == shop.desk.paper(shop.anchor)


def test_a_code_that_is_a_small_part_of_a_large_picture_is_found_in_its_pieces(shop: Handed) -> None:
    page = cv2.imdecode(np.frombuffer(photographed(shop.anchor, (1500, 2000), blur=0.5), np.uint8), cv2.IMREAD_GRAYSCALE)
    table = np.full((5000, 6500), 90, np.uint8)
    table[2300:4300, 3100:4600] = page
    small = cv2.resize(table, None, fx=LONGEST / 6500, fy=LONGEST / 6500, interpolation=cv2.INTER_AREA)
    assert CodeReader().read(small) == (), "as a whole it is too small"
    picture = cv2.imencode(".jpg", table, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    assert shop.desk.photo(picture) == shop.desk.paper(shop.anchor)


def test_a_picture_without_the_code_says_how_to_take_it(shop: Handed) -> None:
    empty = cv2.imencode(".png", np.full((600, 800), 200, np.uint8))[1].tobytes()
    with pytest.raises(NotAnAnchor, match="No QR code was found"):
        shop.desk.photo(empty)
    with pytest.raises(NotAnAnchor, match="none of a report"):
        shop.desk.photo(photographed("https://example.org/menu", (900, 1200), blur=0.3))


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says how large it would be."""
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0" + b"\0" * 40
    )


# A decoder skips the second FF and reads a comment; taken for a marker, it would lead to the small size in that comment.
HIDES_ITS_SIZE = (
    b"\xff\xd8\xff\xff\xfe\xff\x02"
    + (b"\0" * 0xFEFC + b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00").ljust(0xFF00, b"\0")[:0xFF00]
    + b"\xff\xc0\x00\x11\x08\x75\x30\x75\x30\x03"
    + b"\0" * 30
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC"),
        (b"%PDF-1.7", "JPEG or PNG"),
        (b"GIF89a", "JPEG or PNG"),
        (b"", "JPEG or PNG"),
        (claims(100_000, 100_000), "too large"),
        (claims(0, 7), "too large"),
        (claims(64, 64), "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "damaged"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + b"\0" * 30, "too large"),
        (HIDES_ITS_SIZE, "too large"),
        (b"\xff\xd8\xff\x01" + HIDES_ITS_SIZE[2:], "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_before_it_is_unpacked(data: bytes, says: str) -> None:
    with pytest.raises(PhotoUnreadable, match=says):
        codes_in(data)


def test_any_bytes_are_refused_calmly() -> None:
    chance = np.random.default_rng(3)
    for start in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""):
        for _ in range(30):
            with pytest.raises(PhotoUnreadable):
                codes_in(start + chance.bytes(int(chance.integers(0, 300))))


def test_nothing_is_written(shop: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(path for path in shop.vault.folder.rglob("*") if path.is_file())
    shop.desk.bag(shop.plain, shop.anchor, "")
    shop.desk.paper(shop.anchor)
    assert sorted(path for path in shop.vault.folder.rglob("*") if path.is_file()) == before
    assert list(tmp_path.iterdir()) == []
