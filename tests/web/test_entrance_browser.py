"""The customers' pages in a real browser: what a person at the door sees, hears and can do. Pictures go to $ANSIM_SHOTS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from agent.clock import SystemClock
from agent.entrance_panel import EntrySettings
from agent.entry.admission import NO_CARD, NOT_OURS, said, said_used
from agent.entry.code_reader import CodeReader
from agent.entry.records import Answer, PassKind, Reader
from agent.settings import KioskSettings
from tests.web.air import running
from tests.web.drawn_entrance import HTTPS, OWNER, DrawnEntrance, open_entrance
from tests.web.window import CHROMIUM, ELSEWHERE, Window, fits
from web import serve
from web.entrance import EntranceWeb, create_entrance
from web.kiosk import STUCK

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")

TABLET = {"width": 1280, "height": 800}  # of 10 inches
SMALL_PHONE = {"width": 360, "height": 740}
DENSEST = 160 / 25.4  # pixels of a browser per millimetre on a screen of 10 inches: more than on any that is sold
PIN = "8027"
STEPS = ("show", "number", "pin", "join", "called", "checking", "result", "lost", "voice", "time", "more_time")

# What a browser would say aloud: headless ones have no voice.
LISTENING = """
  window.spoken = [];
  speechSynthesis.speak = (words) => window.spoken.push([words.lang, words.text, words.volume, words.rate]);
"""


class Outside:
    """An entrance on the air."""

    def __init__(self, entrance: DrawnEntrance, address: str) -> None:
        self.entrance = entrance
        self.address = address


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    settings = EntrySettings(self_sign_up=True, kiosk=KioskSettings(public_url=HTTPS, call="02-123-4567"))
    folder = tmp_path_factory.mktemp("outside") / "door"
    web = EntranceWeb(try_rate="5000 per minute")
    with (
        open_entrance(folder, settings=settings, clock=SystemClock(), web=web) as entrance,
        running(serve(entrance.app, "127.0.0.1", 0)) as server,
    ):
        yield Outside(entrance, server.address)


class Screen(Window):
    """A paired tablet at the door."""

    def __init__(self, browser: Browser, outside: Outside, language: str = "ko", size: dict[str, int] | None = None) -> None:
        super().__init__(browser, outside.address, size or TABLET, language, "light")
        self.mark = f"tablet-{language}"
        self.page.add_init_script(LISTENING)
        self.page.clock.install()
        self.outside = outside
        self.go(outside.entrance.pairing_path()).click(".fields button")
        expect(self.page.locator("[data-do=join]")).to_be_visible()

    def press(self, digits: str) -> None:
        for digit in digits:
            self.page.locator(f"section:visible [data-digit='{digit}']").click()

    def do(self, what: str) -> None:
        self.page.locator(f"button[data-do={what}]:visible").click()

    def at(self, step: str) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-step", step)

    def spoken(self) -> list[str]:
        return [text for _, text, _, _ in self.page.evaluate("window.spoken")]

    def wait(self, seconds: float) -> None:
        """Time passes in this browser."""
        self.page.clock.run_for(seconds * 1000)

    def fits_whole(self) -> bool:
        """Nothing has to be scrolled, in any direction."""
        return fits(self.page) and bool(self.page.evaluate("document.documentElement.scrollHeight <= innerHeight"))

    def show_step(self, step: str) -> None:
        """As if it were at that step."""
        self.page.evaluate(
            """(step) => {
              document.body.dataset.step = step;
              document.body.dataset.result = "no";
              document.querySelectorAll("[data-of]").forEach((each) => { each.hidden = each.dataset.of !== step; });
            }""",
            step,
        )


@pytest.fixture
def screen(browser: Browser, outside: Outside) -> Iterator[Screen]:
    opened = Screen(browser, outside)
    yield opened
    opened.context.close()
    assert opened.complaints == []


@pytest.fixture
def phone(browser: Browser, outside: Outside, request: pytest.FixtureRequest) -> Iterator[Window]:
    language, scheme = getattr(request, "param", ("ko", "light"))
    opened = Window(browser, outside.address, SMALL_PHONE, language, scheme)
    opened.mark = f"phone-{language}-{scheme}"
    yield opened
    opened.context.close()
    assert [c for c in opened.complaints if "410" not in c] == []


def sign_up(phone: Window, path: str) -> Page:
    page = phone.go(path)
    page.check("[value=over]")
    page.check("[name=agree]")
    page.click("#join .button:enabled")
    expect(page.locator("#qr svg")).to_be_visible()
    return page


def read_from(page: Page) -> str:
    """What a camera reads from the screen."""
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    (text,) = CodeReader().read(picture)
    return text


# the screen at the door


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("contrast", [False, True], ids=["normal", "contrast"])
def test_every_text_is_12_mm_high_and_every_control_6(
    browser: Browser, outside: Outside, language: str, contrast: bool
) -> None:
    screen = Screen(browser, outside, language)
    page = screen.page
    if contrast:
        screen.do("contrast")
    screen.mark += "-contrast" if contrast else ""
    for step in STEPS:
        screen.show_step(step)
        small = page.evaluate(
            """() => [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility()
                && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => {
              const pen = new OffscreenCanvas(1, 1).getContext("2d");
              const style = getComputedStyle(e);
              pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
              const size = pen.measureText("한");
              return [e.textContent, size.actualBoundingBoxAscent + size.actualBoundingBoxDescent];
            }).sort((a, b) => a[1] - b[1])[0]"""
        )
        assert small[1] >= 12 * DENSEST, f"{step}: {small}"
        controls = page.locator("button:visible").evaluate_all(
            "(all) => all.map((e) => e.getBoundingClientRect()).map((b) => Math.min(b.width, b.height))"
        )
        assert min(controls) >= 6 * DENSEST
        assert screen.fits_whole(), f"{step} has to be scrolled"
        screen.shoot(step)
    screen.context.close()
    assert screen.complaints == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_sentence_fits_the_screen_as_a_whole(browser: Browser, outside: Outside, language: str) -> None:
    screen = Screen(browser, outside, language)
    screen.show_step("result")
    for sentence in [STUCK, NOT_OURS, NO_CARD, said_used(PassKind.VISITOR), *(said(answer, 180) for answer in Answer)]:
        screen.page.locator("#result").evaluate("(place, text) => { place.textContent = text; }", sentence.in_(language))
        assert screen.fits_whole(), sentence
    screen.shoot("sentence")
    screen.context.close()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_twice_as_large_nothing_is_cut_off(browser: Browser, outside: Outside, language: str) -> None:
    """By the page's own button, and by the browser: a window of 1280 x 800 at 200 % has room for 640 x 400."""
    screen = Screen(browser, outside, language)
    screen.do("larger")
    screen.do("larger")
    assert screen.page.evaluate("getComputedStyle(document.body).fontSize") == "168px"
    assert screen.spoken()[-1] in ("글자 크기 200퍼센트", "Text size 200 percent")
    for zoomed in (False, True):
        if zoomed:
            screen.do("larger")
            screen.page.set_viewport_size({"width": 640, "height": 400})
        for step in STEPS:
            screen.show_step(step)
            assert fits(screen.page), (step, zoomed)
            screen.shoot(f"{step}-{'zoomed' if zoomed else 'large'}")
    screen.context.close()


def test_a_scanner_that_types_is_heard_wherever_the_focus_is(screen: Screen) -> None:
    _, card = screen.outside.entrance.card()
    screen.do("number")
    screen.press("12")
    screen.page.keyboard.type(card.lower())  # caps lock is off
    screen.page.keyboard.press("Enter")
    screen.at("result")
    expect(screen.page.locator("#result")).to_have_text("환영합니다. 들어오세요.")
    screen.shoot("welcome")
    assert screen.spoken()[-1] == "환영합니다. 들어오세요."
    screen.wait(7)
    screen.at("show")


def test_a_scanner_is_understood_under_a_korean_input_method(screen: Screen) -> None:
    _, card = screen.outside.entrance.card()
    screen.page.evaluate(
        """(card) => {
          for (const sign of [...card, "Enter"]) {
            const code = sign === "Enter" ? "Enter" : /\\d/.test(sign) ? `Digit${sign}` : `Key${sign}`;
            const key = sign === "Enter" ? "Enter" : "Process";
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
          }
        }""",
        card,
    )
    screen.at("result")
    assert screen.spoken()[-1] == "환영합니다. 들어오세요."


SHORTCUTS = [f"Control+{letter}" for letter in "opsfulrdjh"] + [
    "Control+Shift+I",
    "Alt+ArrowLeft",
    "Alt+f",
    "Meta+d",
    "Alt",
    "F1",
]
SHORTCUTS += ["F3", "F5", "F6", "F7", "F10", "F11", "F12", "ContextMenu"]
FOR_PEOPLE = ["Tab", "Shift+Tab", "Enter", "Escape", "Backspace", "ArrowDown", "PageDown", "Home", "5"]


def test_what_a_scanner_types_as_shortcuts_does_not_reach_the_browser_and_peoples_keys_do(screen: Screen) -> None:
    page = screen.page
    page.evaluate(
        """() => {
          window.stopped = {};
          for (const kind of ["keydown", "keyup"]) {
            addEventListener(kind, (event) => { (window.stopped[kind] ??= {})[event.key] = event.defaultPrevented; });
          }
        }"""
    )
    for keys in [*SHORTCUTS, *FOR_PEOPLE]:
        page.evaluate("window.stopped = {}")
        page.keyboard.press(keys)
        name = keys.rpartition("+")[2]
        told = {key.lower(): stopped for key, stopped in page.evaluate("window.stopped.keydown").items()}
        assert told[name.lower()] is (keys in SHORTCUTS), keys


def test_a_code_with_a_shortcut_in_it_is_still_a_code(screen: Screen) -> None:
    _, card = screen.outside.entrance.card()
    screen.page.keyboard.press("Control+b")  # a scanner that begins each code with the sign STX
    screen.page.keyboard.type(card[:50])
    screen.page.keyboard.press("F5")
    screen.page.keyboard.type(card[50:])
    screen.page.keyboard.press("Enter")
    screen.at("result")
    expect(screen.page.locator("#result")).to_have_text("환영합니다. 들어오세요.")


def test_a_second_use_is_refused_aloud_in_the_language_of_the_person(screen: Screen) -> None:
    entrance = screen.outside.entrance
    visitor = entrance.passes.issue(PassKind.VISITOR, OWNER)
    text = entrance.passes.visitor_text(visitor.id)
    screen.do("language")
    assert entrance.desk.present(text, Reader.CAMERA, "door").is_welcome
    expect(screen.page.locator("#result")).to_have_text("Welcome. Please come in.")
    entrance.desk.present(text, Reader.CAMERA, "door")
    expect(screen.page.locator("#result")).to_contain_text("has been used")
    assert screen.page.locator("body").get_attribute("data-result") == "no"
    language, sentence, volume, rate = screen.page.evaluate("window.spoken.at(-1)")
    assert (language, volume, rate) == ("en-US", 1, 1)
    assert sentence == screen.page.locator("#result").inner_text()


def test_number_and_pin_and_a_wrong_pin_asks_for_nothing_twice(screen: Screen) -> None:
    made, _ = screen.outside.entrance.card(PIN)
    number = screen.outside.entrance.passes.number_of(made.id)
    assert number
    screen.do("number")
    screen.press(number[:3] + "0")
    screen.do("delete")
    screen.press(number[3:])
    expect(screen.page.locator(".typed:visible")).to_have_text(f"{number[:3]} {number[3:]}")
    screen.shoot("number-typed")
    screen.do("enter")
    screen.press("9999")
    expect(screen.page.locator(".typed:visible")).to_have_text("••••")
    assert screen.spoken()[-1] == "4자리 눌렀습니다", "a PIN is not read out"
    screen.do("enter")
    expect(screen.page.locator(".note:visible")).to_contain_text("맞지 않습니다")
    assert screen.fits_whole()
    screen.shoot("pin-wrong")
    screen.page.keyboard.type(PIN)  # a keypad beside the screen does as well
    screen.page.keyboard.press("Enter")
    screen.at("result")
    assert screen.page.locator("body").get_attribute("data-result") == "yes"


def test_a_card_that_needs_a_pin_leads_to_the_keypad(screen: Screen) -> None:
    _, card = screen.outside.entrance.card(PIN)
    screen.outside.entrance.desk.present(card, Reader.CAMERA, "door")
    screen.at("pin")
    screen.press(PIN)
    screen.do("enter")
    expect(screen.page.locator("#result")).to_have_text("환영합니다. 들어오세요.")


def test_who_needs_time_is_asked_and_gets_it(screen: Screen) -> None:
    screen.do("number")
    screen.press("123")
    screen.wait(61)
    screen.at("more_time")
    assert screen.spoken()[-1] == "시간이 더 필요하신가요?"
    screen.wait(15)
    screen.do("go_on")
    screen.at("number")
    expect(screen.page.locator(".typed:visible")).to_have_text("123")
    screen.do("time")
    screen.page.locator("[data-step-of=wait][data-by='1']").click()
    screen.do("back")
    screen.at("number")
    screen.wait(100)
    screen.at("number")
    screen.wait(21)
    screen.at("more_time")
    screen.wait(21)
    screen.at("show")
    screen.do("number")
    expect(screen.page.locator(".typed:visible")).to_have_text("")


def test_the_next_person_finds_the_screen_as_it_was(screen: Screen) -> None:
    for what in ("language", "contrast", "larger", "voice"):
        screen.do(what)
    for what in ("volume", "speed"):
        screen.page.locator(f"[data-step-of={what}][data-by='-1']").click()
    expect(screen.page.locator("[data-value=volume]")).to_have_text("2")
    _, sentence, volume, rate = screen.page.evaluate("window.spoken.at(-1)")
    assert (sentence, rate) == ("Speed 2", pytest.approx(0.8))
    assert 0 < volume < 1
    screen.do("back")
    screen.wait(61)
    assert screen.page.evaluate("[document.documentElement.lang, document.documentElement.dataset.size]") == ["ko", "100"]
    assert screen.page.locator("html.contrast").count() == 0
    screen.do("voice")
    expect(screen.page.locator("[data-value=volume]")).to_have_text("3")


def test_the_call_button_tells_the_shop_and_says_so(screen: Screen) -> None:
    screen.do("help")
    screen.at("called")
    assert screen.spoken()[-1].startswith("가게에 알렸습니다")
    expect(screen.page.locator(".tel:visible")).to_have_text("02-123-4567")


def test_somebody_elses_code_does_not_cost_what_was_typed(screen: Screen) -> None:
    screen.do("number")
    screen.press("123")
    screen.outside.entrance.desk.present("https://example.kr/", Reader.SCANNER)
    screen.at("result")
    screen.do("close")
    screen.at("number")
    expect(screen.page.locator(".typed:visible")).to_have_text("123")


def test_the_sign_up_code_on_the_screen_is_one_that_phones_read(screen: Screen) -> None:
    screen.do("join")
    link = read_from(screen.page)
    assert link.startswith(f"{HTTPS}/join/")
    assert screen.outside.entrance.panel.invited(link.rpartition("/")[2]) is not None


def test_it_can_be_used_by_keyboard_alone_and_reads_out_where_one_is(screen: Screen) -> None:
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Tab")
    assert screen.spoken()[-1] == "처음 왔어요"
    assert screen.page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "8px"
    screen.page.keyboard.press("Enter")
    screen.at("join")


def test_no_way_leads_out_of_the_screen(screen: Screen) -> None:
    assert screen.page.locator("a[href], form, input, iframe").count() == 0
    assert screen.page.evaluate("!document.dispatchEvent(new Event('contextmenu', { cancelable: true }))")


def test_a_lost_connection_is_told_and_its_return_noticed(screen: Screen) -> None:
    screen.page.route("**/kiosk/news*", lambda route: route.abort())
    screen.at("lost")
    assert screen.spoken()[-1] == "연결 끊김"
    screen.page.unroute("**/kiosk/news*")
    screen.at("show")
    screen.complaints[:] = [c for c in screen.complaints if "ERR_FAILED" not in c]


def test_a_screen_that_the_owner_ended_shows_nothing_more(browser: Browser, outside: Outside) -> None:
    screen = Screen(browser, outside)
    newest = outside.entrance.owner.screens()[0]
    outside.entrance.owner.unpair_screen(newest.id, OWNER, "127.0.0.1")
    expect(screen.page.get_by_text("연결되지 않은 기기입니다")).to_be_visible()
    screen.context.close()


def test_a_screen_at_the_pc_itself_pairs_although_cookies_are_for_tls_only(browser: Browser, outside: Outside) -> None:
    app = create_entrance(outside.entrance.panel, EntranceWeb(secure=True))
    with running(serve(app, "127.0.0.1", 0)) as server:
        window = Window(browser, server.address, TABLET, "ko", "light")
        window.go(outside.entrance.pairing_path()).click(".fields button")
        expect(window.page.locator("h1:visible")).to_have_text("QR 코드를 보여 주세요")
        window.context.close()


# the phone


def test_the_phone_makes_the_same_codes_as_the_agent(phone: Window, root: Path) -> None:
    told = json.loads((root / "tests/unit/entry/vectors.json").read_text())
    phone.go("/pass/")
    for vector in (each for each in told["codes"] if each["kind"] != "visitor"):
        made = phone.page.evaluate(
            """async ({ secret, kind, pass_id, utc }) => {
              const { importKey, makeCode, stepOf } = await import("/static/pass_code.js");
              const bytes = Uint8Array.from(secret.match(/../g), (two) => Number.parseInt(two, 16));
              return [stepOf(utc), await makeCode(await importKey(bytes), kind, pass_id, stepOf(utc))];
            }""",
            vector,
        )
        assert made == [vector["step"], vector["text"]]


@pytest.mark.parametrize("phone", [("ko", "light"), ("en", "dark")], indirect=True, ids=["ko-light", "en-dark"])
def test_from_the_link_to_the_code_that_opens(phone: Window, outside: Outside) -> None:
    page = phone.go(outside.entrance.invite_path())
    expect(page.locator("#join .button")).to_be_enabled()
    phone.shoot("join", whole=True)
    page.check("[value=under]")
    expect(page.locator("#guardian")).to_be_visible()
    assert fits(page)
    page = sign_up(phone, page.url.removeprefix(outside.address))
    phone.shoot("pass", whole=True)
    assert fits(page)
    assert page.locator("#qr svg").get_attribute("data-version") == "3"
    reply = outside.entrance.desk.present(read_from(page), Reader.CAMERA, "door")
    assert reply.is_welcome, reply


def test_a_child_that_signs_up_at_the_door_reads_at_once_where_to_go(phone: Window, outside: Outside) -> None:
    page = phone.go(f"/join/{outside.entrance.passes.door_token()}")
    page.check("[value=under]")
    expect(page.locator("#child")).to_contain_text("보호자와 함께 가게에")
    assert fits(page)
    page.check("[value=over]")
    expect(page.locator("#child")).to_be_hidden()


def test_the_secret_cannot_be_read_out_of_the_phone(phone: Window, outside: Outside) -> None:
    page = sign_up(phone, outside.entrance.invite_path())
    kept = page.evaluate(
        """async () => {
          const { keptPass } = await import("/static/pass_store.js");
          const pass = await keptPass();
          const raw = await crypto.subtle.exportKey("raw", pass.key).then(() => "given away", (error) => error.name);
          return [pass.key.extractable, raw, Object.keys(pass).sort().join()];
        }"""
    )
    assert kept == [False, "InvalidAccessError", "from,id,key,kind,until"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_pass_works_without_a_connection_and_changes_every_30_seconds(phone: Window, outside: Outside) -> None:
    page = sign_up(phone, outside.entrance.invite_path())
    page.evaluate("navigator.serviceWorker.ready.then((r) => r.active.state)")
    phone.until("navigator.serviceWorker.controller !== null")
    phone.context.set_offline(True)
    page.goto(outside.address + "/pass/")
    expect(page.locator("#qr svg")).to_be_visible()
    first = read_from(page)
    left = int(re.search(r"\d+", page.locator("#next").inner_text())[0])  # type: ignore[index]
    assert 1 <= left <= 30
    page.clock.install()
    page.goto(outside.address + "/pass/")
    expect(page.locator("#qr svg")).to_be_visible()
    drawn = page.locator("#qr").inner_html()
    page.clock.fast_forward(31_000)
    phone.until(f"document.querySelector('#qr').innerHTML !== {json.dumps(drawn)}")
    assert read_from(page) != first
    page.click("#language")
    expect(page.locator("#code h1")).to_have_text("Show this code at the door")
    page.goto(outside.address + "/pass/")
    expect(page.locator("#code h1")).to_have_text("Show this code at the door")
    phone.context.set_offline(False)
    phone.complaints[:] = [c for c in phone.complaints if "ERR_INTERNET_DISCONNECTED" not in c]


def test_a_wrong_clock_is_told_before_the_door_refuses(browser: Browser, outside: Outside) -> None:
    phone = Window(browser, outside.address, SMALL_PHONE, "ko", "light")
    page = sign_up(phone, outside.entrance.invite_path())
    assert page.locator("#clock").is_hidden()
    page.clock.install(time=outside.entrance.clock.utc() + 600)
    page.goto(outside.address + "/pass/")
    expect(page.locator("#clock")).to_contain_text("빠릅니다")
    expect(page.locator("#clock")).to_contain_text("자동으로")
    phone.context.close()


@pytest.mark.parametrize("phone", [("ko", "light"), ("en", "dark")], indirect=True, ids=["ko", "en"])
def test_a_pass_that_was_prolonged_goes_on_though_the_phone_does_not_know(phone: Window, outside: Outside) -> None:
    page = sign_up(phone, outside.entrance.invite_path())
    expect(page.locator("#over")).to_be_hidden()
    page.evaluate(
        """async () => {
          const { keepPass, keptPass } = await import("/static/pass_store.js");
          await keepPass({ ...await keptPass(), until: Date.now() / 1000 - 60 });
        }"""
    )
    page.goto(outside.address + "/pass/")
    expect(page.locator("#over")).to_contain_text("가게에" if "-ko-" in phone.mark else "ask the shop")
    expect(page.locator("#period")).to_have_text("")
    expect(page.locator("#qr svg")).to_be_visible()
    assert fits(page)
    phone.shoot("pass-over", whole=True)
    assert outside.entrance.desk.present(read_from(page), Reader.CAMERA, "door").is_welcome


def test_a_clock_that_is_fast_does_not_end_a_pass(browser: Browser, outside: Outside) -> None:
    phone = Window(browser, outside.address, SMALL_PHONE, "ko", "light")
    now = outside.entrance.clock.utc()
    held = outside.entrance.passes.issue(PassKind.PHONE, OWNER, until_utc=now + 3600)
    page = sign_up(phone, f"/join/{outside.entrance.passes.invite(held.id, OWNER)}")
    page.clock.install(time=now + 7200)
    page.goto(outside.address + "/pass/")
    expect(page.locator("#clock")).to_contain_text("빠릅니다")
    expect(page.locator("#over")).to_be_hidden()
    expect(page.locator("#qr svg")).to_be_visible()
    phone.context.close()


def test_a_phone_without_a_pass_says_where_to_get_one(phone: Window) -> None:
    page = phone.go("/pass/")
    expect(page.locator("#none")).to_be_visible()
    phone.shoot("none")


def test_removing_the_pass_leaves_nothing(phone: Window, outside: Outside) -> None:
    page = sign_up(phone, outside.entrance.invite_path())
    page.locator("details summary").nth(1).click()
    page.click("#forget")
    expect(page.locator("#none")).to_be_visible()


def test_a_link_that_was_used_leads_its_own_phone_to_the_pass(phone: Window, outside: Outside) -> None:
    path = outside.entrance.invite_path()
    sign_up(phone, path)
    page = phone.go(path)
    expect(page.locator("#qr svg")).to_be_visible()


def test_a_staff_pass_looks_like_one(phone: Window, outside: Outside) -> None:
    page = sign_up(phone, outside.entrance.invite_path(PassKind.STAFF))
    expect(page.locator("#kind")).to_have_text("직원")


def test_where_no_secret_can_be_kept_the_link_is_not_used_up(browser: Browser, outside: Outside) -> None:
    """Without TLS, at an address that is not this machine's own, browsers have no WebCrypto."""
    path = outside.entrance.invite_path()
    port = outside.address.rpartition(":")[2]
    phone = Window(browser, f"http://{ELSEWHERE}:{port}", SMALL_PHONE, "ko", "light")
    page = phone.go(path)
    expect(page.locator("#insecure")).to_contain_text("https")
    expect(page.locator("#join")).to_be_hidden()
    phone.shoot("insecure")
    assert fits(page)
    page = phone.go("/pass/")
    expect(page.locator("#insecure")).to_contain_text("종이 카드")
    phone.context.close()
    assert outside.entrance.panel.invited(path.rpartition("/")[2]) is not None


def test_every_control_of_the_phones_pages_is_large_enough_for_a_thumb(phone: Window, outside: Outside) -> None:
    for path in ("/", "/pass/", outside.entrance.invite_path(), "/kiosk/pair/x"):
        page = phone.go(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, select, summary, .choose, input:not([type=hidden])')]
              .filter((e) => !e.closest('.choose > *') && e.checkVisibility())
              .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
              .filter(([, box]) => box.width < 44 || box.height < 44).map(([html]) => html)"""
        )
        assert small == [], path
