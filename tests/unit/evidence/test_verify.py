"""What the two verifiers in Python say of good bags, of bags that somebody tampered with, and of what is no bag at all."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import unicodedata
import zipfile
from pathlib import Path

import pyrage
import pytest
import rfc8785

from agent.evidence.bag_files.bag_form import POINT, PROOFS, SLICE, directory, local_header
from agent.evidence.bag_files.verify import verify as plain
from agent.evidence.verify import Judgement, Opener, Verdict, verify
from agent.vault.checkpoint import anchor_text, make_checkpoint
from agent.vault.ledger import Head, parse
from agent.vault.merkle import Tree, leaf_hash
from scripts.bench.tampering import Untouched, relisted, tampered, zip_of
from tests.bags import PASSPHRASE, unpacked


def judged(path: Path, given: str | None = None) -> Judgement:
    """By both: they have to say the same."""
    ours, theirs = verify(path, given), plain(path, given)
    assert (theirs["verdict"], theirs["text"]["ko"], theirs["text"]["en"]) == (ours.verdict, ours.text.ko, ours.text.en)
    assert [(one["state"], one["text"]["en"]) for one in theirs["checks"]] == [(one.state, one.text.en) for one in ours.checks]
    return ours


def zipped(good: Untouched, folder: Path) -> Path:
    path = folder / "bag.zip"
    path.write_bytes(zip_of(good.name, good.files))
    return path


def why(found: Judgement) -> str:
    assert found.verdict is not Verdict.UNCHANGED, found.text.en
    return found.text.en


# good


def test_a_bag_is_unchanged_zipped_unpacked_and_one_folder_deeper(good: Untouched, tmp_path: Path) -> None:
    unpacked(good.files, tmp_path / "outer" / "any name")
    for path in (zipped(good, tmp_path), tmp_path / "outer" / "any name", tmp_path / "outer"):
        found = judged(path)
        assert found.verdict is Verdict.UNCHANGED
        assert found.device == good.key.fingerprint
        assert [check.state for check in found.checks] == ["ok"] * 6 + ["absent"]
    assert "Unchanged since 2026-09-21 14:23:20 UTC" in found.text.en
    assert "2026-09-21 23:23:20 (한국 시각)부터 바뀌지 않았습니다" in found.text.ko


def test_what_a_look_into_the_folder_leaves_there_is_no_change(good: Untouched, tmp_path: Path) -> None:
    folder = unpacked({**good.files, ".DS_Store": b"x", "data/Thumbs.db": b"x"}, tmp_path / "bag")
    assert judged(folder).verdict is Verdict.UNCHANGED


def test_it_is_the_bag_on_the_paper(good: Untouched, tmp_path: Path) -> None:
    path, print_ = zipped(good, tmp_path), good.key.fingerprint
    broken = f"\ufeff{good.anchor[:70]}\r\n {good.anchor[70:].lower()}\n"  # as an editor on Windows saves it
    for given in (
        good.anchor,
        broken,
        print_,
        print_.upper(),
        " ".join(print_[at : at + 4] for at in range(0, 64, 4)),
        print_[:16],
    ):
        assert judged(path, given).checks[6].state == "ok", given


@pytest.mark.parametrize("given", ["ANSIM1:", "ANSIM1:AAAA", "hello", "ab12", "f" * 65, "ANSIM1:" + "A" * 282, "안심"])
def test_what_cannot_be_compared_with_is_named_and_makes_no_bag_a_changed_one(
    good: Untouched, tmp_path: Path, given: str
) -> None:
    found = judged(zipped(good, tmp_path), given)
    assert (found.verdict, found.checks[6].state) == (Verdict.UNKNOWN, "open")
    assert "Give the QR's whole text" in found.text.en
    assert found.device == good.key.fingerprint  # the other checks were made


def test_a_letter_of_the_qr_that_was_mistyped_says_nothing_against_the_bag(good: Untouched, tmp_path: Path) -> None:
    typed = good.anchor[:40] + ("A" if good.anchor[40] != "A" else "B") + good.anchor[41:]
    assert judged(zipped(good, tmp_path), typed).verdict is Verdict.UNKNOWN
    changed = tmp_path / "changed.zip"
    changed.write_bytes(zip_of(good.name, {**good.files, "data/report.pdf": b"another"}))
    assert judged(changed, typed).verdict is Verdict.CHANGED


def test_of_two_fingerprints_the_digits_that_differ_are_shown(good: Untouched, tmp_path: Path) -> None:
    right = good.key.fingerprint
    typed = right[:50] + ("0" if right[50] != "0" else "1") + right[51:]
    told = why(judged(zipped(good, tmp_path), typed))
    assert f"{right[48:52]} {right[52:56]}" in told
    assert f"{typed[48:52]} {typed[52:56]}" in told


def earlier_anchor(good: Untouched, size: int, other: bool = False, utc: float = 1.0) -> str:
    lines = list(good.ledger[:size])
    if other:
        lines[0] = lines[0].replace(b"started", b"begun..")
        assert lines[0] != good.ledger[0]
    last = parse(good.ledger[size - 1])
    root = Tree(map(leaf_hash, lines)).root()
    return anchor_text(make_checkpoint(Head(last.seq, last.sha256), root, utc, good.key.public, good.key.sign))


def test_an_anchor_from_before_is_held_against_the_ledger_as_it_was(good: Untouched, tmp_path: Path) -> None:
    path = zipped(good, tmp_path)
    size = next(at for at, line in enumerate(good.ledger) if parse(line).kind == "checkpoint")
    assert judged(path, earlier_anchor(good, size)).checks[6].state == "ok"
    assert "not the one that the paper seals" in why(judged(path, earlier_anchor(good, size, other=True)))
    unlinked = judged(path, earlier_anchor(good, size - 1))  # no checkpoint was made there
    assert unlinked.checks[6].state == "open"
    assert unlinked.verdict is Verdict.UNKNOWN  # a forger would leave the proof out, too


def test_an_anchor_from_later_can_only_be_checked_at_the_shop(good: Untouched, tmp_path: Path) -> None:
    later = anchor_text(make_checkpoint(Head(99, "ab" * 32), bytes(32), 2e9, good.key.public, good.key.sign))
    assert "newer than this bag" in why(judged(zipped(good, tmp_path), later))


def test_an_older_anchor_that_seals_more_records_speaks_of_a_ledger_that_was_cut(good: Untouched, tmp_path: Path) -> None:
    more = anchor_text(make_checkpoint(Head(99, "ab" * 32), bytes(32), 1e9, good.key.public, good.key.sign))
    found = judged(zipped(good, tmp_path), more)
    assert found.verdict is Verdict.UNKNOWN  # the shop's clock may have been set back
    assert "cut and written anew" in found.text.en


def test_an_anchor_that_nobody_signed_is_none(good: Untouched, tmp_path: Path) -> None:
    forged = anchor_text(make_checkpoint(Head(7, "ab" * 32), bytes(32), 1.0, good.key.public, lambda _: bytes(64)))
    assert "cannot be read" in why(judged(zipped(good, tmp_path), forged))


# tampered


def test_each_way_of_tampering_is_found(good: Untouched, tmp_path: Path) -> None:
    path, ways = tmp_path / "bag.zip", tampered(good)
    assert len(ways) >= 50
    for one in ways:
        path.write_bytes(one.data)
        assert judged(path, one.given).verdict is not Verdict.UNCHANGED, one.what


def test_a_byte_changed_anywhere_in_the_zip_is_found(good: Untouched, tmp_path: Path) -> None:
    path, data, chance = tmp_path / "bag.zip", zip_of(good.name, good.files), random.Random(8)
    tail = len(data) - 22 - sum(46 + len(f"{good.name}/{name}") for name in good.files)
    places = [*range(30), *range(tail, len(data), 7), *(chance.randrange(len(data)) for _ in range(40))]
    for at in places:
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert verify(path).verdict is not Verdict.UNCHANGED, at


def test_the_file_that_was_changed_is_named(good: Untouched, tmp_path: Path) -> None:
    folder = unpacked(good.files, tmp_path / "bag")
    (folder / "data" / "report.pdf").write_bytes(b"another")
    assert why(judged(folder)) == "Changed: data/report.pdf was changed."
    (folder / "data" / "report.pdf").unlink()
    assert why(judged(folder)) == "Changed: data/report.pdf is missing."


def test_whose_bag_it_is_instead_is_named(good: Untouched, tmp_path: Path) -> None:
    way = next(one for one in tampered(good) if one.what == "other key on everything, paper at hand")
    path = tmp_path / "bag.zip"
    path.write_bytes(way.data)
    found = judged(path, way.given)
    assert found.device == good.other.fingerprint
    assert good.other.fingerprint[:4] in why(found)
    assert good.key.fingerprint[:4] in why(found)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"{}", b"null", b'{"checkpoint": 5}', b'{"checkpoint": {}, "records": []}', b"\xff", b"[" * 50_000]
)
@pytest.mark.parametrize(
    "name", [PROOFS, SLICE, "data/event.json", "data/device.json", "data/entries.json", "bag-info.txt", "manifest-sha256.txt"]
)
def test_malformed_parts_are_changes_and_break_nothing(good: Untouched, tmp_path: Path, name: str, text: bytes) -> None:
    path, files = tmp_path / "bag.zip", {**good.files, name: text}
    path.write_bytes(zip_of(good.name, files if name.startswith("manifest") else relisted(files, good.key)))
    assert judged(path).verdict is Verdict.CHANGED


def signed_anew(good: Untouched, name: str, old: bytes, new: bytes) -> bytes:
    """The bag with `old` written as `new` in one file, and all lists and signatures made again by the device itself."""
    assert old in good.files[name]
    return zip_of(good.name, relisted({**good.files, name: good.files[name].replace(old, new, 1)}, good.key))


MEANINGS = [
    ("data/event.json", b'"incident": {', b'"incident": {"id": "another",'),  # a name twice
    ("data/event.json", b"{", b'{"x": NaN,'),
    ("data/event.json", b"{", b'{"x": 1e400,'),
    ("data/event.json", b"{", b'{"x": ' + b"1" * 5000 + b","),
    ("data/event.json", b"{", b'{"x": "\\ud800",'),  # half of a character
    ("data/event.json", b"{", b'{"\\udc00": 1,'),
    ("data/event.json", b"{", b'{"x": ' + b"[" * 65 + b"]" * 65 + b","),
    ("data/event.json", b"{", b"\xef\xbb\xbf{"),
    ("data/ledger/proofs.json", b'"seq": 1,', b'"seq": true,'),
    ("data/ledger/proofs.json", b'"seq": 1,', b'"seq": "1",'),
    ("data/ledger/proofs.json", b'"path": [', b'"path": {"x": 1}, "y": ['),
    ("data/entries.json", b'"seq": ', b'"seq": 0.5, "x": '),
    ("data/entries.json", b'"details": {', b'"details": {}, "x": {'),
    ("bag-info.txt", b"External-Identifier: ", b"External-Identifier: other\nExternal-Identifier: "),
    ("bag-info.txt", b"External-Identifier: ", "x: \u2028External-Identifier: ".encode()),
]


@pytest.mark.parametrize(("name", "old", "new"), MEANINGS, ids=range(len(MEANINGS)))
def test_what_two_programs_could_read_differently_is_malformed(
    good: Untouched, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(signed_anew(good, name, old, new))
    assert judged(path).verdict is Verdict.CHANGED


@pytest.mark.parametrize("utc", [-1.0, 1e12, 1e18, True, None, "yesterday"])
def test_a_time_that_no_clock_shows_is_malformed(good: Untouched, tmp_path: Path, utc: object) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(zip_of(good.name, relisted(with_point(good, utc=utc), good.key)))
    assert "malformed" in why(judged(path))


def with_point(good: Untouched, **changes: object) -> dict[str, bytes]:
    """Files with a checkpoint that says something else, signed by the device."""
    proofs = json.loads(good.files[PROOFS])
    bare = {name: value for name, value in {**proofs["checkpoint"], **changes}.items() if name != "signature"}
    signature = base64.b64encode(good.key.sign(rfc8785.dumps(bare))).decode()
    proofs["checkpoint"] = {**bare, "signature": signature}
    return {**good.files, PROOFS: json.dumps(proofs).encode(), POINT: rfc8785.dumps(proofs["checkpoint"])}


def test_a_checkpoint_that_says_more_than_a_checkpoint_is_none(good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(zip_of(good.name, relisted(with_point(good, note="x"), good.key)))
    assert "malformed" in why(judged(path))


@pytest.mark.parametrize(
    "public", [bytes(32), b"\1" + bytes(31), b"\1" + bytes(30) + b"\x80", b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32]
)
def test_a_key_under_which_anything_holds_is_nobodys(good: Untouched, tmp_path: Path, public: bytes) -> None:
    device = json.loads(good.files["data/device.json"])
    device["public_key"] = base64.b64encode(public).decode()
    path = tmp_path / "bag.zip"
    path.write_bytes(zip_of(good.name, relisted({**good.files, "data/device.json": json.dumps(device).encode()}, good.key)))
    assert "data/device.json is malformed" in why(judged(path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"opened_utc": 17900000', b'"opened_utc": 17899999'),
        (b'"rule": "loitering"', b'"rule": "violence"'),
        (b'"line": "till"', b'"line": "door"'),
        ("머물렀습니다".encode(), "훔쳤습니다".encode()),
        (b'"people": [', b'"people": [5], "y": ['),
    ],
)
def test_what_happened_has_to_be_what_the_ledger_says(good: Untouched, tmp_path: Path, old: bytes, new: bytes) -> None:
    """The ledger is anchored and cannot be rewritten; the owner signs another story beside it."""
    path = tmp_path / "bag.zip"
    path.write_bytes(signed_anew(good, "data/event.json", old, new))
    assert why(judged(path)) == "Changed: What data/event.json says of the incident is not what the ledger says."


# time stamps


def test_an_old_time_stamp_does_not_make_a_new_bag_older(good: Untouched, tmp_path: Path) -> None:
    """The owner has an old checkpoint with a true time stamp, and puts both beside a ledger that was written yesterday."""
    ways = {one.what: one.data for one in tampered(good)}
    path = tmp_path / "bag.zip"
    path.write_bytes(ways["old checkpoint with its time stamp beside, signed by the device"])
    assert why(judged(path)) == "Changed: data/ledger/checkpoint.json was changed."
    path.write_bytes(ways["time stamp of something else, signed by the device"])
    assert "time stamp" in why(judged(path))


# what is no bag


@pytest.mark.parametrize(
    "data", [b"", b"P", b"PK\3\4", b"PK\3\4" + bytes(26), b"PK\5\6" + bytes(18), b"\0" * 1000, b"%PDF-1.7"]
)
def test_what_is_no_zip_cannot_be_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert "Cannot be told" in why(judged(path))


def test_half_a_bag_cannot_be_told(good: Untouched, tmp_path: Path) -> None:
    data = zip_of(good.name, good.files)
    path = tmp_path / "bag.zip"
    for part in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(data[: int(len(data) * part)])
        assert judged(path).verdict is Verdict.UNKNOWN
    folder = unpacked(dict(list(good.files.items())[:5]), tmp_path / "bag")
    assert judged(folder).verdict is not Verdict.UNCHANGED


def test_nothing_there_cannot_be_told(tmp_path: Path) -> None:
    assert "Check the disk or stick" in why(judged(tmp_path / "nowhere.zip"))
    (tmp_path / "empty").mkdir()
    assert "no evidence bag" in why(judged(tmp_path / "empty"))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bag/manifest-sha256.txt", bytes(200 << 20))
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb.getvalue())
    assert len(bomb.getvalue()) < 1 << 20
    assert "not the zip as Ansim wrote it" in why(judged(path))


def test_a_zip_that_lies_about_its_sizes_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    path.write_bytes(local_header("bag/manifest-sha256.txt", 4_000_000_000, 0) + b"short")
    assert "cut off" in why(judged(path))


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    path, entries, out = tmp_path / "many.zip", [], b""
    for number in range(5000):
        entries.append((f"bag/f{number:04}", 0, 0, len(out)))
        out += local_header(f"bag/f{number:04}", 0, 0)
    path.write_bytes(out + directory(entries))
    assert "too many files" in why(judged(path))
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(4200):
        (folder / f"f{number}").touch()
    assert "too many files" in why(judged(folder))


@pytest.mark.parametrize(
    "name", ["bag/../../etc/passwd", "/bag/x", "bag//x", "bag/.x", "bag/x\\y", "C:/x", "x", "bag/" + "d/" * 9 + "x", "bag/a\0b"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(local_header(name, 0, 0) + directory([(name, 0, 0, 0)]))
    assert "unsafe file name" in why(judged(path))


def test_links_and_devices_in_a_folder_are_not_followed(good: Untouched, tmp_path: Path) -> None:
    folder = unpacked(good.files, tmp_path / "bag")
    pdf = folder / "data" / "report.pdf"
    pdf.rename(tmp_path / "report.pdf")
    pdf.symlink_to(tmp_path / "report.pdf")
    assert "link" in why(judged(folder))
    pdf.unlink()
    os.mkfifo(pdf)  # reading it would never end
    assert "link" in why(judged(folder))


# encrypted


def test_an_encrypted_bag_is_checked_without_being_written(good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip.age"
    path.write_bytes(pyrage.passphrase.encrypt(zip_of(good.name, good.files), PASSPHRASE))
    assert verify(path, good.anchor, Opener(lambda: PASSPHRASE)).verdict is Verdict.UNCHANGED
    assert "not the right one" in verify(path, None, Opener(lambda: "another one")).text.en
    assert "encrypted" in why(judged(path))  # nobody said what opens it
    assert [one.name for one in tmp_path.iterdir()] == ["bag.zip.age"]


def test_a_passphrase_is_the_same_however_a_system_writes_its_letters(good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip.age"
    path.write_bytes(pyrage.passphrase.encrypt(zip_of(good.name, good.files), unicodedata.normalize("NFC", PASSPHRASE)))
    apart = unicodedata.normalize("NFD", PASSPHRASE)  # as macOS does with names of files
    assert apart != PASSPHRASE
    assert verify(path, None, Opener(lambda: apart)).verdict is Verdict.UNCHANGED
    assert "not the right one" in verify(path, None, Opener(lambda: "\udcff" * 12)).text.en


def test_a_bag_for_a_recipient_opens_with_that_key_only(good: Untouched, tmp_path: Path) -> None:
    right, wrong = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    path = tmp_path / "bag.zip.age"
    path.write_bytes(pyrage.encrypt(zip_of(good.name, good.files), [right.to_public()]))
    assert verify(path, None, Opener(identities=(str(right),))).verdict is Verdict.UNCHANGED
    assert "not the right one" in why(verify(path, None, Opener(identities=(str(wrong),))))
    assert "not the right one" in why(verify(path, None, Opener(identities=("AGE-SECRET-KEY-1NONSENSE",))))


def test_an_encrypted_bag_that_was_changed_or_cut_off_is_found(good: Untouched, tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    data = bytes(pyrage.encrypt(zip_of(good.name, good.files), [key.to_public()]))
    path, chance = tmp_path / "bag.zip.age", random.Random(3)
    for _ in range(30):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert verify(path, None, Opener(identities=(str(key),))).verdict is Verdict.UNKNOWN
    for size in (30, 200, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        assert verify(path, None, Opener(identities=(str(key),))).verdict is Verdict.UNKNOWN
