"""Videos are sent so that a browser can seek in them, and nothing but the vault's own files ever is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.values import Incident, Text
from tests.web.conftest import Visitor
from tests.web.drawn import DrawnShop
from web.files import parse


@pytest.fixture
def clip(shop: DrawnShop, owner: Visitor) -> tuple[Incident, str, bytes, str]:
    """An incident, its clip's address, bytes and ETag."""
    incident = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    stored = shop.clip(incident)
    return incident, f"/incidents/{incident.id}/1.mp4", shop.vault.path_of(stored).read_bytes(), f'"{stored.video.sha256}"'


def test_the_whole_clip_with_its_length_type_and_validator(owner: Visitor, clip) -> None:
    _, address, data, etag = clip
    answer = owner.get(address)
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=100-199", 100, 200), ("bytes=500-", 500, None),
        ("bytes=-100", -100, None),
        ("bytes=0-", 0, None), ("bytes=0-99999999999", 0, None), ("bytes=-99999999999", 0, None), (" Bytes = 5-9", 5, 10),
        ("bytes=5 - 9", 5, 10), ("bytes=5-9,", 5, 10), ("bytes=5-9,99999999-", 5, 10),
    ],
)  # fmt: skip
def test_a_range_gets_exactly_its_bytes(owner: Visitor, clip, header: str, start: int, stop: int | None) -> None:
    _, address, data, _ = clip
    answer = owner.get(address, headers={"Range": header})
    expected = data[start:stop]
    first = start if start >= 0 else len(data) + start
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/{len(data)}"
    assert answer.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_length(owner: Visitor, clip, header: str) -> None:
    _, address, data, _ = clip
    answer = owner.get(address, headers={"Range": header})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize(
    "header",
    ["bytes=0-9,20-29", "bytes=9-0", "bytes=a-b", "bytes=", "bytes", "bytes=-", "items=0-9", "bytes=0-9;20-29", "bytes=--5",
     "bytes=0x0-9",     "bytes=" + "0-1," * 50, "bytes=٠-٩", ""],
)  # fmt: skip
def test_several_ranges_or_nonsense_get_the_whole(owner: Visitor, clip, header: str) -> None:
    _, address, data, _ = clip
    answer = owner.client.get(address, headers={"Range": header}) if header.isascii() else owner.get(address)
    assert (answer.status_code, answer.data) == (200, data)


def test_if_range_sends_the_part_only_to_whom_has_this_very_file(owner: Visitor, clip) -> None:
    _, address, data, etag = clip
    part = {"Range": "bytes=10-19"}
    assert owner.get(address, headers={**part, "If-Range": etag}).data == data[10:20]
    for other in ('"another"', f"W/{etag}", "Sat, 21 Nov 2026 00:00:00 GMT"):
        answer = owner.get(address, headers={**part, "If-Range": other})
        assert (answer.status_code, answer.data) == (200, data)


def test_a_browser_that_has_it_is_told_so(owner: Visitor, clip) -> None:
    _, address, _, etag = clip
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        answer = owner.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.data) == (304, b"")
    assert owner.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_everything_but_the_bytes(owner: Visitor, clip) -> None:
    _, address, data, etag = clip
    whole = owner.client.head(address)
    assert (whole.status_code, whole.data, whole.headers["Content-Length"], whole.headers["ETag"]) == (
        200,
        b"",
        str(len(data)),
        etag,
    )


@given(st.text(alphabet="bytes=0123456789-, ", max_size=40), st.integers(0, 10**9))
def test_any_range_header_gives_nothing_all_or_a_part_inside_the_file(header: str, length: int) -> None:
    found = parse(header, length)
    assert found is None or found == (0, 0) or 0 <= found[0] < found[1] <= length


# never anything else


@pytest.mark.parametrize(
    "path",
    [
        "/incidents/../../ansim.db/1.mp4", "/incidents/..%2f..%2fansim.db/1.mp4", "/incidents/%2e%2e/%2e%2e/etc/passwd",
        "/incidents/....//....//etc/passwd/poster.jpg", "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py",
        "/static//etc/passwd", "/recordings/..%2f1.mp4", "/recordings/1e3.mp4", "/recordings/-1.mp4",
        "/recordings/99999999999999999999.mp4",
        "/cameras/..%2f..%2fetc/live.jpg", "/incidents/x%00y", "/clips/2026/11/21/x.mp4", "/ansim.db", "/ledger/",
        "/incidents/x/2.mp4",        "/incidents/x/0.mp4", "/incidents/x/99999999999999999999999.mp4",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_the_vault(owner: Visitor, clip, path: str) -> None:
    answer = owner.get(path, follow_redirects=True)
    assert answer.status_code == 404
    assert b"root:" not in answer.data
    assert b"SQLite" not in answer.data
    assert b"create_app" not in answer.data


@pytest.mark.parametrize(
    "evil", ["../outside.mp4", "/etc/passwd", "ansim.db", "clips/../ansim.db", "ledger/2026-11-21.jsonl", "clips"]
)
def test_an_index_that_somebody_wrote_to_is_not_believed(shop: DrawnShop, owner: Visitor, clip, evil: str) -> None:
    incident, address, _, _ = clip
    (shop.vault.folder.parent / "outside.mp4").write_bytes(b"somebody's own film")
    tampered = _redirect(shop.vault.folder, incident, evil)
    assert tampered, "the test must change the row that names the file"
    answer = owner.get(address)
    assert answer.status_code == 410
    assert "더 이상 보관하지 않는" in answer.get_data(as_text=True)


def _redirect(folder: Path, incident: Incident, evil: str) -> int:
    changed = 0
    db = sqlite3.connect(folder / "ansim.db", timeout=30)
    try:
        for (table,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
            for column in [row[1] for row in db.execute(f"pragma table_info({table})")]:
                query = f"update {table} set {column} = replace({column}, ?, ?) where {column} like ?"
                old = next((shop_path(incident)), "")
                changed += db.execute(query, (old, evil, f"%{old}%")).rowcount
        db.commit()
    finally:
        db.close()
    return changed


def shop_path(incident: Incident):
    yield f"clips/2026/11/21/{incident.id}.mp4"


def test_a_link_in_the_vault_that_leads_out_is_not_followed(shop: DrawnShop, owner: Visitor, clip) -> None:
    incident, address, _, _ = clip
    row = shop.vault.incident(incident.id)
    assert row is not None
    assert row.clip is not None
    path = shop.vault.path_of(row.clip)
    outside = shop.vault.folder.parent / "outside.mp4"
    outside.write_bytes(b"somebody's own film")
    path.unlink()
    path.symlink_to(outside)
    assert owner.get(address).status_code == 410
    path.unlink()
    os.mkfifo(path)
    assert owner.get(address).status_code == 410, "opening a pipe would hang for ever"


def test_an_erased_clip_is_gone_and_says_so(shop: DrawnShop, owner: Visitor, clip) -> None:
    incident, address, _, _ = clip
    row = shop.vault.incident(incident.id)
    assert row is not None
    assert row.clip is not None
    shop.vault.erase(row.clip, Text("보관 기간이 지났습니다.", "Its time was up."))
    assert owner.get(address).status_code == 410
    assert "보관 기간이 지나 클립을 지웠습니다" in owner.get(f"/incidents/{incident.id}").get_data(as_text=True)
    assert "보관 기간이 지나 지움" in owner.get("/").get_data(as_text=True)


def test_a_clip_is_not_to_be_had_as_a_recording(shop: DrawnShop, owner: Visitor, clip) -> None:
    incident = clip[0]
    row = shop.vault.incident(incident.id)
    assert row is not None
    assert row.clip is not None
    assert owner.get(f"/recordings/{row.clip.seq}.mp4").status_code == 404
