"""A bag is BagIt 1.0 (RFC 8493), its zip opens everywhere, and nothing gets into it that was not listed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import IntegrityError
from agent.evidence import bag as bag_module
from agent.evidence.bag import Bag, BagFile, BagTooLarge, make_bag, payload, weigh
from agent.evidence.bag_files.bag_form import NEEDED
from agent.vault.device_key import DeviceKey, verify
from scripts.bench.tampering import Untouched, zip_of

KEY = DeviceKey(bytes(32), bytes(32))


def test_it_is_a_bag_of_rfc_8493(good: Untouched) -> None:
    files = good.files
    assert files["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    listed = dict(reversed(line.split("  ", 1)) for line in files["manifest-sha256.txt"].decode().splitlines())
    assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name.startswith("data/")}
    tags = dict(reversed(line.split("  ", 1)) for line in files["tagmanifest-sha256.txt"].decode().splitlines())
    beside = {name for name in files if not name.startswith("data/")}
    assert set(tags) == beside - {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"}
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for name, digest in tags.items())
    info = dict(line.split(": ", 1) for line in files["bag-info.txt"].decode().splitlines())
    assert info["Payload-Oxum"] == f"{sum(len(files[name]) for name in listed)}.{len(listed)}"
    assert info["External-Identifier"] == good.name
    assert info["Source-Organization"] == "행복 무인점 3호"
    assert set(NEEDED) <= set(files)


def test_its_zip_is_one_that_any_program_opens(good: Untouched) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(good.name, good.files))) as file:
        assert file.testzip() is None
        assert {name.removeprefix(good.name + "/"): file.read(name) for name in file.namelist()} == good.files
        assert {one.compress_type for one in file.infolist()} == {zipfile.ZIP_STORED}
        assert {one.external_attr >> 16 for one in file.infolist()} == {0o100644}


def test_it_knows_its_size_before_it_is_written(good: Untouched) -> None:
    made = Bag(good.name, tuple(weigh(BagFile(name, good.files[name])) for name in sorted(good.files)), b"")
    assert made.size == len(zip_of(good.name, good.files))


@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=5), st.integers(1, 4000))
def test_its_stream_is_the_zip_however_it_is_read(contents: list[bytes], step: int) -> None:
    files = [BagFile(f"data/{at}.bin", data) for at, data in enumerate(contents)]
    made = make_bag("name", payload(files), b"report", [], {}, KEY.sign)
    with made.open() as stream:
        read = b"".join(iter(lambda: stream.read(step), b""))
    assert read == b"".join(made.zip_pieces())


def test_the_list_is_signed_by_the_device(good: Untouched) -> None:
    import base64

    signature = base64.b64decode(good.files["tagmanifest-sha256.txt.sig"])
    assert verify(good.key.public, signature, good.files["tagmanifest-sha256.txt"])
    device = json.loads(good.files["data/device.json"])
    assert device["fingerprint"] == good.key.fingerprint


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up", "data/../up", "data\\x", "data/.hidden", "data/한글", "a" * 200])
def test_a_name_that_could_lead_elsewhere_does_not_get_in(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        weigh(BagFile(name, b""))


def test_a_shop_name_of_several_lines_makes_no_lines_of_its_own() -> None:
    made = make_bag("name", payload([]), b"", [], {"Source-Organization": "x\nExternal-Identifier: other"}, KEY.sign)
    info = next(b"".join(one.file.pieces()) for one in made.files if one.file.name == "bag-info.txt").decode()
    assert info.count("\nExternal-Identifier: ") == 1


def test_a_stored_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"as it was listed")
    made = make_bag("name", payload([BagFile("data/clips/clip.mp4", path)]), b"", [], {}, KEY.sign)
    path.write_bytes(b"as it is changed")
    with pytest.raises(IntegrityError, match="changed while"):
        list(made.zip_pieces())


def test_a_stored_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"gone\.mp4"):
        payload([BagFile("data/clips/gone.mp4", tmp_path / "gone.mp4")])


def test_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag_module, "ZIP_MOST", 2000)
    with pytest.raises(BagTooLarge, match="4 GB"):
        make_bag("name", payload([BagFile("data/a.bin", bytes(3000))]), b"", [], {}, KEY.sign)
