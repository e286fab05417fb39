"""A real browser before the real panel: windows that note what a person would not see."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request

from tests.web.drawn import NAME, PASSWORD

LANGUAGE = "ansim_language"
SHELL = Path("/usr/bin/chromium-headless-shell")  # the same without windows, a third of the processor time
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
ELSEWHERE = "door.test"  # this machine under a name that a browser does not take for it: without TLS not a safe place
ARGUMENTS = ["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


class Window:
    """A browser window that notes everything that a person would not see: script errors, refused content, foreign requests."""

    def __init__(
        self, browser: Browser, address: str, size: dict[str, int], language: str, scheme: str, *, scripts: bool = True
    ) -> None:
        self.context = browser.new_context(
            viewport=size,
            color_scheme=scheme,
            java_script_enabled=scripts,
            device_scale_factor=2 if size is PHONE else 1,
            locale="ko-KR" if language == "ko" else "en-US",
        )  # type: ignore[arg-type]
        self.context.set_default_timeout(60_000)
        self.context.add_cookies([{"name": LANGUAGE, "value": language, "url": address}])
        self.page: Page = self.context.new_page()
        self.address = address
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", self._note)
        self.mark = f"{'phone' if size is PHONE else 'desktop'}-{language}-{scheme}"

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"asks {request.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path, wait_until="load")
        return self.page

    def until(self, condition: str) -> None:
        """Wait until the script `condition` is true. (Playwright's wait_for_function needs eval, which the panel forbids.)"""
        self.page.wait_for_load_state()  # a click may have led to a page that has no content yet
        self.page.evaluate(
            f"""() => new Promise((done, fail) => {{
              const look = (left) => {{
                if ({condition}) done();
                else if (left === 0) fail(new Error("still not true"));
                else setTimeout(look, 50, left - 1);
              }};
              look(1200);
            }})"""
        )

    def sign_in(self) -> Page:
        page = self.go("/login")
        page.fill("#name", NAME)
        page.fill("#password", PASSWORD)
        page.click(".fields button")
        page.wait_for_url(self.address + "/")
        return page

    def enter(self, session: list[Any]) -> None:
        """Signed in, as a browser that was here before: the first one signs in and leaves its cookies in `session`."""
        if session:
            self.context.add_cookies(session)
        else:
            self.sign_in()
            session.extend(cookie for cookie in self.context.cookies() if cookie["name"] != LANGUAGE)

    def shoot(self, name: str, *, whole: bool = False) -> None:
        folder = os.environ.get("ANSIM_SHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}-{self.mark}.png"), full_page=whole)


def look_name(look: tuple[dict[str, int], str, str]) -> str:
    """What a test is called after the window it is seen in: width, language, colours."""
    size, language, scheme = look
    return f"{size['width']}-{language}-{scheme}"


def fits(page: Page) -> bool:
    """Nothing has to be scrolled to the side, once the page is there."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
