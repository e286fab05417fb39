"""The page that checks what comes back: an uploaded bag, a printed report, and what happens to uploads that are too much."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from agent import verify_desk
from agent.evidence.bag_files.verify import MARKS
from agent.evidence.delivery import Protection
from agent.evidence.order import ExportOrder
from agent.evidence.verify import Verdict
from agent.verify_desk import Paper
from tests import bags
from tests.photo import photographed
from tests.web.air import running
from tests.web.conftest import Visitor, token_in
from tests.web.drawn import DrawnShop, open_shop
from tests.web.test_pages import words
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window, fits
from web import Server, WebSettings, serve
from web.connections import ORDINARY
from web.verify import BAG_MOST, CHECKS, PAPERS, PHOTO_MOST, VERDICTS

PASS = "네 낱말로 된 긴 암호"


@dataclass
class Market:
    """A shop on the air that has handed a bag over: encrypted and as a zip, with the code of its report."""

    shop: DrawnShop
    server: Server
    sealed: bytes
    plain: bytes
    anchor: str


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    top = tmp_path_factory.mktemp("market")
    for shop in open_shop(top / "data", settings=WebSettings(sign_in_rate="500 per minute")):
        shop.make_owner()
        incident = shop.incident("loitering", "till", 60, "계산대에 오래 머물렀습니다.", "Somebody stayed at the till.")
        shop.clip(incident)
        order = ExportOrder(incident.id, "점주", "절도 신고", receiver="마포경찰서")
        delivered, composed = bags.exporter(shop.vault).export(order, top, Protection(PASS))
        plain = b"".join(composed.bag.zip_pieces())
        with running(serve(shop.app, "127.0.0.1", 0)) as server:
            yield Market(shop, server, delivered.path.read_bytes(), plain, composed.anchor)


@pytest.fixture
def checker(market: Market) -> Visitor:
    visitor = Visitor(market.shop.app.test_client())
    visitor.sign_in()
    visitor.client.set_cookie("ansim_language", "en")
    return visitor


Upload = tuple[bytes, str]  # content, file name


def form(fields: dict[str, str | Upload]) -> bytes:
    """A form with files as browsers send it (the test client would write a large one to a temporary file)."""
    parts = []
    for name, value in fields.items():
        data, more = (value.encode(), "") if isinstance(value, str) else (value[0], f'; filename="{value[1]}"')
        parts.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


FORM = "multipart/form-data; boundary=x"


def send(visitor: Visitor, address: str, **fields: str | Upload):
    token = token_in(visitor.get("/verify/").get_data(as_text=True))
    return visitor.client.post(address, data=form({"csrf_token": token, **fields}), content_type=FORM)


def bag(data: bytes, name: str = "bag.zip") -> Upload:
    return data, name


def test_a_good_bag_is_unchanged_and_signed_by_this_shop(market: Market, checker: Visitor) -> None:
    answer = send(checker, "/verify/bag", bag=bag(market.plain), given=market.anchor)
    page = words(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert "Unchanged" in page
    assert "This shop's own device." in page
    assert page.count("in order") >= 6
    row = market.shop.vault.audit(1)[0]
    assert (row.actor, row.action, row.target, row.purpose) == ("점주", "verify_bag", "bag.zip", "unchanged")


def test_an_encrypted_bag_is_opened_in_memory(market: Market, checker: Visitor) -> None:
    sent = bag(market.sealed, "bag.zip.age")
    assert "Unchanged" in words(send(checker, "/verify/bag", bag=sent, passphrase=PASS).get_data(as_text=True))
    wrong = words(send(checker, "/verify/bag", bag=bag(market.sealed), passphrase="not this one").get_data(as_text=True))
    assert "Cannot be told" in wrong
    assert "not the right one" in wrong
    none = words(send(checker, "/verify/bag", bag=bag(market.sealed)).get_data(as_text=True))
    assert "encrypted" in none


def test_a_changed_bag_says_what_was_changed(market: Market, checker: Visitor) -> None:
    at = market.plain.index(b"Reason-For-Sending") if b"Reason-For-Sending" in market.plain else len(market.plain) // 2
    changed = market.plain[:at] + bytes([market.plain[at] ^ 1]) + market.plain[at + 1 :]
    page = words(send(checker, "/verify/bag", bag=bag(changed)).get_data(as_text=True))
    assert "Changed" in page
    assert "wrong" in page


def test_a_hostile_name_is_shown_as_text_and_short(market: Market, checker: Visitor) -> None:
    answer = send(checker, "/verify/bag", bag=bag(b"x", "../../<script>alert(1)</script>" + "x" * 300))
    page = answer.get_data(as_text=True)
    assert "<script>alert" not in page
    assert len(market.shop.vault.audit(1)[0].target) <= 100
    assert "Cannot be told" in words(page)


def test_without_a_file_it_asks_for_one(checker: Visitor) -> None:
    answer = send(checker, "/verify/bag", bag=bag(b"", ""))
    assert (answer.status_code, "choose the file" in words(answer.get_data(as_text=True))) == (422, True)
    answer = send(checker, "/verify/report")
    assert (answer.status_code, "choose a picture" in words(answer.get_data(as_text=True))) == (422, True)


def test_a_printed_report_is_read_from_its_picture_or_its_text(market: Market, checker: Visitor) -> None:
    photo = photographed(market.anchor, (1800, 2400), blur=0.6), "IMG_1.jpg"
    for fields in ({"text": market.anchor}, {"photo": photo}):
        page = words(send(checker, "/verify/report", **fields).get_data(as_text=True))
        assert "The report is right" in page
        assert "마포경찰서" in page
        assert "This is the fingerprint of this device." in page
    letter = "B" if market.anchor[60] == "A" else "A"
    forged = send(checker, "/verify/report", text=market.anchor[:60] + letter + market.anchor[61:])
    assert "The code is not genuine" in words(forged.get_data(as_text=True))
    no = send(checker, "/verify/report", text="hello")
    assert (no.status_code, "That is no code of a report" in words(no.get_data(as_text=True))) == (422, True)
    heic = send(checker, "/verify/report", photo=(b"\0\0\0\x18ftypheic" + b"\0" * 99, "IMG_2.HEIC"))
    assert (heic.status_code, "HEIC" in words(heic.get_data(as_text=True))) == (422, True)


def test_uploads_never_lie_in_a_folder_for_temporary_files(
    market: Market, checker: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """werkzeug would write what is larger than 500 kB there."""
    opened: list[str] = []
    real = tempfile.SpooledTemporaryFile.rollover
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda self: (opened.append("rolled over"), real(self)))
    answer = send(checker, "/verify/bag", bag=bag(b"PK\3\4" + b"x" * 3_000_000))
    assert answer.status_code == 200
    assert opened == []


def test_only_one_upload_is_taken_at_a_time(market: Market, checker: Visitor) -> None:
    with market.shop.panel.verify.alone():
        answer = send(checker, "/verify/bag", bag=bag(market.plain))
        assert answer.status_code == 503
        assert "Another bag is being checked" in words(answer.get_data(as_text=True))
    assert send(checker, "/verify/bag", bag=bag(market.plain)).status_code == 200, "the place is free again"
    assert send(checker, "/verify/bag", bag=bag(b"", "")).status_code == 422
    assert send(checker, "/verify/bag", bag=bag(market.plain)).status_code == 200, "also after a refusal"


def test_strangers_and_other_machines_get_nothing_read(market: Market, checker: Visitor) -> None:
    stranger = market.shop.app.test_client()
    for client, remote, code in ((stranger, "127.0.0.1", (302, 401, 400, 413)), (checker.client, "192.168.0.77", (403,))):
        body = Unread(BAG_MOST // 2)
        answer = client.post("/verify/bag", environ_overrides={"REMOTE_ADDR": remote, **body.environ})
        assert answer.status_code in code
        assert body.taken < ORDINARY


class Unread(io.RawIOBase):
    """A body that notes how much of it was taken."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0
        self.environ = {"wsgi.input": self, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": FORM}

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        count = min(len(buffer), self.left)
        buffer[:count] = b"x" * count
        self.left -= count
        self.taken += count
        return count


def test_what_is_too_large_is_refused_with_the_other_ways_to_check_it(market: Market, checker: Visitor) -> None:
    for address, most in (("/verify/bag", BAG_MOST), ("/verify/report", PHOTO_MOST)):
        body = Unread(2 * most)
        answer = checker.client.post(address, environ_overrides=body.environ)
        assert answer.status_code == 413
        assert "verify.html" in words(answer.get_data(as_text=True))
        assert body.taken == 0


def test_where_memory_is_short_only_smaller_bags_are_taken(
    market: Market, checker: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cameras' work goes on in the same memory."""
    for told, most in (("MemTotal: 4000000 kB\nMemAvailable:     400000 kB\n", 102), ("nothing", BAG_MOST // 10**6)):
        (tmp_path / "meminfo").write_text(told)
        monkeypatch.setattr(verify_desk, "MEMORY", tmp_path / "meminfo")
        assert f"Up to {most} MB." in words(checker.get("/verify/").get_data(as_text=True))
    (tmp_path / "meminfo").write_text("MemAvailable: 400000 kB\n")
    body = Unread(110 * 10**6)
    answer = checker.client.post("/verify/bag", environ_overrides=body.environ)
    assert (answer.status_code, body.taken) == (413, 0)
    assert "Up to 102 MB can be checked here just now" in words(answer.get_data(as_text=True))


def test_from_a_phone_without_tls_reports_are_checked_and_bags_are_not(market: Market, checker: Visitor) -> None:
    phone = {"REMOTE_ADDR": "192.168.0.77"}
    page = words(checker.get("/verify/", environ_overrides=phone).get_data(as_text=True))
    assert "Bags are opened at the shop's PC only" in page
    token = token_in(checker.get("/verify/", environ_overrides=phone).get_data(as_text=True))
    for address, fields, code in (
        ("/verify/report", {"text": market.anchor}, 200),
        ("/verify/bag", {"bag": bag(market.plain)}, 403),
    ):
        sent = form({"csrf_token": token, **fields})
        assert checker.client.post(address, data=sent, content_type=FORM, environ_overrides=phone).status_code == code


def test_there_are_words_for_all_that_can_be_found() -> None:
    assert set(CHECKS) == set(MARKS)
    assert set(VERDICTS) == set(Verdict)
    assert set(PAPERS) == set(Paper)


# over the wire


def line_of(market: Market, checker: Visitor) -> tuple[HTTPConnection, dict[str, str]]:
    cookie = checker.client.get_cookie("ansim")
    assert cookie
    return HTTPConnection("127.0.0.1", market.server.port, timeout=30), {"Cookie": f"ansim={cookie.value}"}


def test_the_server_takes_large_bodies_on_this_page_only(market: Market, checker: Visitor) -> None:
    token = token_in(checker.get("/verify/").get_data(as_text=True))
    body = form({"csrf_token": token, "bag": (b"PK\3\4" + b"x" * (4 * ORDINARY), "b.zip")})
    line, cookie = line_of(market, checker)
    headers = {
        **cookie,
        "Content-Type": "multipart/form-data; boundary=x",
        "Referer": f"http://127.0.0.1:{market.server.port}/",
    }
    for path, code in (("/verify/bag", 200), ("/keys/make", 413), ("/verify/bag/", 413)):
        try:
            line.request("POST", path, body=body, headers=headers)
        except BrokenPipeError:
            assert code == 413
        answer = line.getresponse()
        assert (path, answer.status) == (path, code)
        answer.read()
        line.close()


def test_a_body_that_nobody_wants_is_not_kept_in_memory(market: Market) -> None:
    """Of a stranger on that very path: it is read and dropped, so that the answer gets through."""
    line = HTTPConnection("127.0.0.1", market.server.port, timeout=30)
    line.putrequest("POST", "/verify/bag")
    line.putheader("Content-Length", str(40 * ORDINARY))
    line.putheader("Content-Type", "application/octet-stream")
    line.endheaders()
    for _ in range(40):
        line.send(b"x" * ORDINARY)
    answer = line.getresponse()
    assert answer.status in (302, 400, 401, 413)
    line.close()


# a real browser


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
@pytest.mark.parametrize(("size", "language"), [(PHONE, "ko"), (DESKTOP, "en"), ({"width": 360, "height": 740}, "ko")])
def test_an_owner_checks_a_bag_and_a_report_in_the_browser(browser: Browser, market: Market, size, language: str) -> None:
    window = Window(browser, market.server.address, size, language, "light")
    window.sign_in()
    page = window.go("/verify/")
    assert fits(page)
    for field in page.locator("main input:not([type=hidden]), main textarea").all():
        assert field.evaluate("e => e.labels.length") == 1
    page.set_input_files("#bag-file", {"name": "bag.zip", "mimeType": "application/zip", "buffer": market.plain})
    page.locator("#bag .button").click()
    expect(page.locator(".verdict.good h1")).to_have_text("바뀌지 않았습니다" if language == "ko" else "Unchanged")
    assert fits(page)
    window.shoot("verify-bag-good", whole=True)
    page = window.go("/verify/")
    at = len(market.plain) // 2
    broken = market.plain[:at] + bytes([market.plain[at] ^ 1]) + market.plain[at + 1 :]
    page.set_input_files("#bag-file", {"name": "bag.zip", "mimeType": "application/zip", "buffer": broken})
    page.locator("#bag .button").click()
    expect(page.locator(".verdict.bad h1")).to_have_text("바뀌었습니다" if language == "ko" else "Changed")
    window.shoot("verify-bag-bad", whole=True)
    page = window.go("/verify/")
    page.fill("#text", market.anchor)
    page.locator("#report .button").click()
    expect(page.locator(".verdict.good h1")).to_have_text("맞는 보고서입니다" if language == "ko" else "The report is right")
    assert fits(page)
    window.shoot("verify-report-good", whole=True)
    window.context.close()
    assert window.complaints == []


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(browser: Browser, market: Market) -> None:
    window = Window(browser, market.server.address, PHONE, "en", "light")
    window.sign_in()
    page = window.go("/verify/")
    page.locator("#bag-file").evaluate("e => { e.dataset.most = '10'; }")
    page.set_input_files("#bag-file", {"name": "bag.zip", "mimeType": "application/zip", "buffer": b"x" * 11})
    assert "verify.html" in page.locator("#bag-file").evaluate("e => e.validationMessage")
    page.set_input_files("#bag-file", {"name": "bag.zip", "mimeType": "application/zip", "buffer": b"x" * 9})
    assert page.locator("#bag-file").evaluate("e => e.validationMessage") == ""
    window.context.close()
    assert window.complaints == []
