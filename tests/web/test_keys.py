"""The owner's keys in the panel: the first ceremony with its sheet, and all that comes later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as PlaywrightError
from pyrage import x25519

from agent.entry.code_reader import CodeReader
from agent.entry.qr_picture import draw_png
from agent.vault.day_keys import KEYS
from agent.vault.ledger import parse
from agent.vault.owner_keys import OwnerKeys
from tests.quick_lock import QuickLock
from tests.web.air import running
from tests.web.conftest import Visitor
from tests.web.drawn import DrawnShop, open_shop
from tests.web.test_pages import read, words
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window, fits
from web import WebSettings, serve
from web.keys import QR_LARGEST

PASS, NEWER = "고구마 우체통 바람개비 가로등", "another long passphrase"


def quick(shop: DrawnShop) -> DrawnShop:
    """The same shop, whose passphrases take no second a try."""
    vault = shop.vault
    vault.owner_keys = OwnerKeys(vault.folder / KEYS, shop.clock, vault._note_owner_key, QuickLock())
    return shop


@pytest.fixture
def keeper(shop: DrawnShop, owner: Visitor) -> Visitor:
    """The owner, signed in, in a shop whose passphrases take no second a try."""
    quick(shop)
    return owner


def made(keeper: Visitor, **more: str) -> str:
    """The answer to the first ceremony: the page with the sheet."""
    answer = keeper.send("/keys/make", "/keys/make", **{"new": PASS, "again": PASS, "words": "english", **more})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def words_on(page: str) -> list[str]:
    sheet = page[page.index('class="wordlist"') :]
    return re.findall(r"<li>([^<]+)</li>", sheet[: sheet.index("</ol>")])


def asked_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<label for="(?:first|second)">(?:Word )?(\d+)', page)]


def test_health_and_keys_say_that_no_originals_are_kept_until_there_is_a_key(keeper: Visitor) -> None:
    assert "열쇠를 만들기 전에는 사건의 원본을 남기지 않습니다" in read(keeper, "/health/")
    assert "열쇠가 아직 없어 원본을 남기지 않고 있습니다" in read(keeper, "/keys/")
    made(keeper)
    assert "열쇠를 만들기 전에는" not in read(keeper, "/health/")
    assert "복구 용지를 한 번 확인해 주세요" in read(keeper, "/keys/")


def test_the_sheet_is_in_one_answer_and_nowhere_else(shop: DrawnShop, keeper: Visitor) -> None:
    keeper.client.set_cookie("ansim_language", "en")
    answer = keeper.send("/keys/make", "/keys/make", new=PASS, again=PASS, words="english")
    page = answer.get_data(as_text=True)
    text = re.search(r"AGE-SECRET-KEY-1[0-9A-Z]{58}", page)
    assert text
    public = str(x25519.Identity.from_str(text.group()).to_public())
    assert public in page
    assert len(words_on(page)) == 24
    assert "<svg" in page
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert PASS not in page
    assert "Set-Cookie" not in answer.headers or text.group()[16:] not in answer.headers["Set-Cookie"]
    later = keeper.get("/keys/").get_data(as_text=True)
    assert text.group() not in later
    assert words_on(page)[0] not in words(later).split()
    again = keeper.send("/keys/", "/keys/make", new=PASS, again=PASS)
    assert (again.status_code, again.location) == (302, "/keys/"), "loaded anew, it makes no second key and shows no sheet"
    for path in (p for p in shop.vault.folder.rglob("*") if p.is_file()):
        assert text.group().encode() not in path.read_bytes()


def test_the_two_words_are_compared_with_the_sheet(shop: DrawnShop, keeper: Visitor) -> None:
    keeper.client.set_cookie("ansim_language", "en")
    page = made(keeper)
    sheet, (first, second) = words_on(page), asked_on(page)
    wrong = keeper.send("/keys/words", "/keys/words", first="zebra", second=sheet[second - 1])
    assert wrong.status_code == 422
    assert "not the words of the sheet" in words(wrong.get_data(as_text=True))
    right = keeper.send("/keys/words", "/keys/words", first=sheet[first - 1], second=sheet[second - 1])
    assert right.status_code == 303
    page = words(keeper.get(right.location).get_data(as_text=True))
    assert "This is the right sheet" in page
    assert "Your key is ready" in page
    assert keeper.get("/keys/words").location == "/keys/check", "there is nothing left to ask"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"new": PASS, "again": PASS + "!"}, "두 번 적은 암호 문구가 서로 다릅니다"),
        ({"new": "short", "again": "short"}, "암호 문구가 너무 짧습니다"),
        ({"new": "", "again": ""}, "암호 문구가 너무 짧습니다"),
    ],
)
def test_an_unfit_passphrase_makes_nothing(shop: DrawnShop, keeper: Visitor, fields: dict[str, str], says: str) -> None:
    answer = keeper.send("/keys/make", "/keys/make", **fields)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, says in words(page)) == (422, True)
    assert 'class="secret" value' not in page
    assert PASS not in page
    assert not shop.panel.keys.are_made


def test_changing_renewing_and_getting_back(shop: DrawnShop, keeper: Visitor) -> None:
    page = made(keeper)
    wrong = keeper.send("/keys/passphrase", "/keys/passphrase", passphrase="wrong", new=NEWER, again=NEWER)
    assert (wrong.status_code, "암호 문구가 맞지 않습니다" in words(wrong.get_data(as_text=True))) == (422, True)
    done = keeper.send("/keys/passphrase", "/keys/passphrase", passphrase=PASS, new=NEWER, again=NEWER)
    assert done.location == "/keys/?said=passphrase"
    assert "새 암호 문구만 통합니다" in read(keeper, done.location)
    renewed = keeper.send("/keys/renew", "/keys/renew", passphrase=NEWER, words="korean").get_data(as_text=True)
    assert "옛 복구 용지도 버리지 마세요" in words(renewed)
    assert len(words_on(renewed)) == 24
    back = keeper.send("/keys/restore", "/keys/restore", sheet=" ".join(words_on(renewed)), new=PASS, again=PASS)
    assert back.location == "/keys/?said=restored"
    checked = keeper.send("/keys/check", "/keys/check", sheet=" ".join(words_on(page)))
    assert checked.location == "/keys/?said=checked", "the old sheet is one of this shop's, too"
    no = keeper.send("/keys/check", "/keys/check", sheet="낱말 " * 24)
    assert (no.status_code, "복구 용지의 내용이 아닙니다" in words(no.get_data(as_text=True))) == (422, True)
    steps = [r.body["action"] for r in map(parse, shop.vault.ledger_lines()) if r.kind == "key"]
    assert steps == ["made", "passphrase", "rotated", "restored"]
    log = [row.action for row in reversed(shop.vault.audit()) if row.action.startswith("key_")]
    assert log == ["key_make", "key_passphrase_refused", "key_passphrase", "key_rotate", "key_restore", "key_sheet_checked"]


def test_somebody_else_is_let_in_and_out_with_the_passphrase(shop: DrawnShop, keeper: Visitor) -> None:
    made(keeper)
    lawyer = str(x25519.Identity.generate().to_public())
    wrong = keeper.send("/keys/others", "/keys/others", label="변호사", public=lawyer, passphrase="wrong wrong wrong")
    page = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert f'value="{lawyer}"' in page, "what is no secret need not be typed again"
    keeper.send("/keys/others", "/keys/others", label="변호사", public=lawyer, passphrase=PASS)
    assert "변호사" in read(keeper, "/keys/")
    end = f"/keys/others/{lawyer}/end"
    assert "변호사의 열쇠로는 잠그지 않을까요?" in read(keeper, end)
    assert keeper.send(end, end, passphrase=PASS).location == "/keys/?said=ended"
    assert keeper.get(end).location == "/keys/"
    assert [r.until_utc is None for r in shop.panel.keys.recipients()] == [False, True]


def test_what_needs_a_key_leads_to_making_one(keeper: Visitor) -> None:
    for path in ("/keys/passphrase", "/keys/renew", "/keys/others", "/keys/others/age1x/end"):
        assert keeper.get(path).location == "/keys/", path
    assert keeper.get("/keys/restore").status_code == 200, "a new PC has no key yet"


def test_guessing_is_slowed_down(shop: DrawnShop, keeper: Visitor) -> None:
    made(keeper)
    codes = [
        keeper.send("/keys/renew", "/keys/renew", passphrase=f"guess number {n}", words="korean").status_code for n in range(21)
    ]
    assert codes[0] == 422
    assert codes[-1] == 429


def test_a_phones_camera_reads_the_sheets_code(shop: DrawnShop) -> None:
    quick(shop)
    text = shop.panel.keys.make(PASS, "korean", "점주", "").text
    picture = cv2.imdecode(np.frombuffer(draw_png(text, largest=QR_LARGEST, scale=4), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert CodeReader().read(picture) == (text,)


# a real browser


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DrawnShop, str]]:
    for shop in open_shop(tmp_path_factory.mktemp("keys") / "data", settings=WebSettings(sign_in_rate="500 per minute")):
        quick(shop).make_owner()
        with running(serve(shop.app, "127.0.0.1", 0)) as server:
            yield shop, server.address


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
def test_an_owner_makes_the_key_prints_the_sheet_and_proves_to_have_it(
    browser: Browser, street: tuple[DrawnShop, str], tmp_path: Path
) -> None:
    shop, address = street
    window = Window(browser, address, PHONE, "ko", "light")
    window.sign_in()
    page = window.go("/keys/")
    page.get_by_role("link", name="시작하기").click()
    page.fill("#new", PASS)
    page.fill("#again", PASS)
    assert page.locator("#new").evaluate("e => getComputedStyle(e).webkitTextSecurity") == "disc"
    page.get_by_label("적는 글자 보기").check()
    assert page.locator("#new").evaluate("e => getComputedStyle(e).webkitTextSecurity") == "none"
    assert fits(page)
    page.get_by_role("button", name="열쇠를 만들고 복구 용지 보기").click()
    expect(page.locator(".recovery")).to_be_visible()
    assert fits(page)
    sheet = [item.strip() for item in page.locator(".wordlist li").all_inner_texts()]
    assert len(sheet) == 24
    printed = tmp_path / "sheet.pdf"
    page.pdf(path=str(printed), format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1, "the sheet is one page of A4"
    first, second = (int(re.sub(r"\D", "", text)) for text in page.locator(".two-words label").all_inner_texts())
    page.fill("#first", sheet[first - 1])
    page.fill("#second", sheet[second - 1])
    page.get_by_role("button", name="용지와 비교하기").click()
    expect(page.get_by_role("status")).to_contain_text("맞는 복구 용지입니다")
    expect(page.get_by_role("heading", level=1)).to_have_text("열쇠가 준비되어 있습니다")
    assert fits(page)
    with pytest.raises(PlaywrightError, match="ERR_CACHE_MISS"):  # the browser has kept no copy of the sheet
        page.go_back()
    window.context.close()
    assert window.complaints == []
    assert shop.panel.keys.are_made


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
@pytest.mark.parametrize(("size", "language"), [(PHONE, "en"), (DESKTOP, "ko"), ({"width": 360, "height": 740}, "ko")])
def test_the_pages_fit_and_every_field_has_a_label(
    browser: Browser, street: tuple[DrawnShop, str], size, language: str
) -> None:
    shop, address = street
    if not shop.panel.keys.are_made:
        shop.panel.keys.make(PASS, "korean", "점주", "")
    window = Window(browser, address, size, language, "dark")
    window.sign_in()
    for path in ("/keys/", "/keys/passphrase", "/keys/renew", "/keys/restore", "/keys/check", "/keys/others"):
        page = window.go(path)
        assert fits(page), path
        for field in page.locator("main input:not([type=hidden]), main textarea").all():
            assert field.evaluate("e => e.labels.length") == 1, path
    window.context.close()
    assert window.complaints == []
