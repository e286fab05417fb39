"""verify.html of a bag in a real browser, from the disk as a police officer opens it: good bags, tampered ones, no bag at all.

Pictures go to $ANSIM_SHOTS if it is set.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.evidence.bag_files.verify import verify as plain
from scripts.bench.tampering import Untouched, relisted, tampered, zip_of
from tests import bags
from tests.unit.evidence.test_plain_mathematics import RFC_8032
from tests.unit.evidence.test_verify import MEANINGS, signed_anew
from tests.web.window import CHROMIUM, DESKTOP, PHONE, fits

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
JUDGE = """async ([data, given]) =>
  verifyZip(new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))]), given || "")"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    return bags.untouched(tmp_path_factory.mktemp("shop") / "data")


@pytest.fixture(scope="module")
def folder(good: Untouched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bag, beside its zip."""
    here = tmp_path_factory.mktemp("handed")
    (here / "bag.zip").write_bytes(zip_of(good.name, good.files))
    return bags.unpacked(good.files, here / good.name)


@pytest.fixture
def page(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, opened from the disk without a network; whatever it complains of or asks for fails the test."""
    size, language, scheme = getattr(request, "param", (DESKTOP, "ko", "light"))
    context = browser.new_context(
        viewport=size, locale="ko-KR" if language == "ko" else "en-US", color_scheme=scheme, offline=True
    )
    opened, complaints = context.new_page(), []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    address = (folder / "verify.html").as_uri()
    opened.on("request", lambda asked: None if asked.url == address else complaints.append(asked.url))
    opened.goto(address)
    yield opened
    context.close()
    assert complaints == []


def judged(page: Page, data: bytes, given: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(JUDGE, [base64.b64encode(data).decode(), given])
    return found


@pytest.mark.parametrize(
    "page", [(DESKTOP, "ko", "light"), (PHONE, "ko", "light"), (PHONE, "en", "dark"), (DESKTOP, "en", "dark")], indirect=True,
    ids=["desktop-ko", "phone-ko", "phone-en-dark", "desktop-en-dark"],
)  # fmt: skip
def test_a_good_bag_is_unchanged(page: Page, folder: Path, good: Untouched, request: pytest.FixtureRequest) -> None:
    page.fill("#anchor", good.anchor)
    page.set_input_files("#zip", folder.parent / "bag.zip")
    expect(page.locator("#verdict.unchanged")).to_be_visible()
    expect(page.locator("#checks li.ok")).to_have_count(7)
    expect(page.locator("#device code")).to_contain_text(good.key.fingerprint[:4])
    assert fits(page)
    shots = os.environ.get("ANSIM_SHOTS")
    if shots:
        page.screenshot(path=f"{shots}/verify-{request.node.callspec.id}.png", full_page=True)


def test_a_tampered_bag_says_what_was_changed(page: Page, good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    path.write_bytes(zip_of(good.name, {**good.files, "data/report.pdf": b"another"}))
    page.set_input_files("#zip", path)
    expect(page.locator("#verdict.changed strong")).to_have_text("바뀌었습니다")
    expect(page.locator("#verdict")).to_contain_text("data/report.pdf 파일이 바뀌었습니다.")
    page.locator("#language").click()
    expect(page.locator("#verdict")).to_contain_text("data/report.pdf was changed.")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_unpacked_folder_does_as_well(page: Page, folder: Path) -> None:
    page.set_input_files("#folder", folder)
    expect(page.locator("#verdict.unchanged")).to_be_visible()


def test_what_the_paper_says_may_come_later(page: Page, folder: Path, good: Untouched) -> None:
    page.set_input_files("#zip", folder.parent / "bag.zip")
    expect(page.locator("#checks li").nth(6)).to_have_class("absent")
    page.fill("#anchor", good.other.fingerprint)
    page.locator("#anchor").press("Enter")
    expect(page.locator("#verdict.changed")).to_contain_text(good.other.fingerprint[:4])


def test_it_can_be_used_with_the_keyboard(page: Page, folder: Path) -> None:
    with page.expect_file_chooser() as chosen:  # from the first key on: Chromium learns late to ask us
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "zip"
        page.keyboard.press("Space")
    chosen.value.set_files(folder.parent / "bag.zip")
    expect(page.locator("#verdict.unchanged")).to_be_visible()


def test_it_says_of_each_way_of_tampering_what_verify_py_says(page: Page, good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    for one in tampered(good):
        path.write_bytes(one.data)
        mine, theirs = judged(page, one.data, one.given), plain(path, one.given)
        assert mine["verdict"] != "unchanged", one.what
        assert (mine["verdict"], mine["text"], mine["device"]) == (theirs["verdict"], theirs["text"], theirs["device"]), (
            one.what
        )
        assert [check["state"] for check in mine["checks"]] == [check["state"] for check in theirs["checks"]], one.what


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"PK\3\4" + bytes(26), b"\0" * 1000, b"age-encryption.org/v1\n-> scrypt"])
def test_what_is_no_bag_cannot_be_told(page: Page, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    found = judged(page, data)
    assert found["verdict"] == "unknown"
    assert found["text"] == plain(tmp_path / "file")["text"]


@pytest.mark.parametrize("name", ["data/ledger/proofs.json", "data/ledger/slice.jsonl", "data/event.json", "data/device.json"])
@pytest.mark.parametrize("text", [b"", b"{", b"null", b'{"checkpoint": 5}', b"\xff"])
def test_malformed_parts_are_changes(page: Page, good: Untouched, name: str, text: bytes) -> None:
    assert judged(page, zip_of(good.name, relisted({**good.files, name: text}, good.key)))["verdict"] == "changed"


def test_what_two_programs_could_read_differently_is_malformed_here_too(page: Page, good: Untouched, tmp_path: Path) -> None:
    path = tmp_path / "bag.zip"
    for name, old, new in MEANINGS:
        path.write_bytes(signed_anew(good, name, old, new))
        mine, theirs = judged(page, path.read_bytes()), plain(path)
        assert mine["verdict"] == "changed", new
        assert mine["text"] == theirs["text"], new


def test_a_mistyped_qr_says_nothing_against_the_bag(page: Page, folder: Path, good: Untouched) -> None:
    typed = good.anchor[:60] + ("A" if good.anchor[60] != "A" else "B") + good.anchor[61:]
    page.fill("#anchor", typed)
    page.set_input_files("#zip", folder.parent / "bag.zip")
    expect(page.locator("#verdict.unknown strong")).to_have_text("알 수 없습니다")
    expect(page.locator("#checks li").nth(6)).to_have_class("open")
    expect(page.locator("#checks li.ok")).to_have_count(6)
    found, theirs = judged(page, zip_of(good.name, good.files), typed), plain(folder, typed)
    assert (found["verdict"], found["text"]) == ("unknown", theirs["text"])


def test_a_browser_without_ed25519_checks_with_rfc_8032_written_out(page: Page) -> None:
    script = """async ([key, signature, data]) => {
      const bytes = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
      return [await signedSlowly(bytes(key), bytes(signature), bytes(data)),
        await signed(bytes(key), bytes(signature), bytes(data)),
        await signedSlowly(bytes(key), bytes(signature), bytes(data + "00"))];
    }"""
    for key, message, signature in RFC_8032:
        assert page.evaluate(script, [key, signature, message.hex()]) == [True, True, False]


def test_an_old_browser_gives_the_same_verdict(page: Page, good: Untouched) -> None:
    page.evaluate(
        """() => {
          const known = crypto.subtle.importKey.bind(crypto.subtle);
          crypto.subtle.importKey = (format, key, how, ...rest) =>
            how === "Ed25519" ? Promise.reject(new DOMException("", "NotSupportedError")) : known(format, key, how, ...rest);
        }"""
    )
    assert judged(page, zip_of(good.name, good.files), good.anchor)["verdict"] == "unchanged"
    forged = relisted({**good.files, "README.txt": b"x"})
    assert judged(page, zip_of(good.name, forged))["verdict"] == "changed"
