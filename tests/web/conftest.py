"""The drawn shop, somebody who is signed in to its panel, and the demo shop on the air before a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from agent.values import Incident
from tests.quick_lock import QuickLock
from tests.two_people import TwoPeople, film_two_people
from tests.web import demo_day
from tests.web.air import running
from tests.web.drawn import NAME, PASSWORD, DrawnShop, open_shop
from tests.web.window import PHONE, Window
from web import WebSettings, serve


def token_in(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


class Visitor:
    """A browser without scripts: keeps cookies and fills in forms as they are on the page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **more):
        return self.client.get(address, **more)

    def send(self, form_page: str, address: str, **fields: str):
        """Load `form_page`, then post `fields` to `address` with the form's token."""
        page = self.client.get(form_page).get_data(as_text=True)
        return self.client.post(address, data={"csrf_token": token_in(page), **fields})

    def sign_in(self, name: str = NAME, password: str = PASSWORD):
        return self.send("/login", "/login", name=name, password=password, next="")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[DrawnShop]:
    """An empty shop without an account."""
    yield from open_shop(tmp_path / "data")


@pytest.fixture
def stranger(shop: DrawnShop) -> Visitor:
    return Visitor(shop.app.test_client())


@pytest.fixture
def owner(shop: DrawnShop) -> Visitor:
    """The owner, signed in."""
    shop.make_owner()
    visitor = Visitor(shop.app.test_client())
    assert visitor.sign_in().status_code == 302
    return visitor


@dataclass
class Town:
    """The demo shop's panel on the air."""

    shop: DrawnShop
    day: dict[str, Incident]
    address: str
    session: list[Any] = field(default_factory=list)  # of its owner


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    for shop in open_shop(tmp_path_factory.mktemp("browser") / "data", settings=WebSettings(sign_in_rate="500 per minute")):
        day = demo_day.fill(shop)
        demo_day.live_frame(shop, "till", 4.0)
        demo_day.live_frame(shop, "door", 24.0)
        server = serve(shop.app, "127.0.0.1", 0)
        shop.make_owner()
        with running(server):
            yield Town(shop, day, server.address)


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> TwoPeople:
    """Two people whom the real program filmed and sealed; tests work on copies."""
    return film_two_people(tmp_path_factory.mktemp("filmed"), QuickLock())


@pytest.fixture
def window(browser: Browser, town: Town, request: pytest.FixtureRequest) -> Iterator[Window]:
    """Signed in on a phone, in Korean, by day, unless a test asks for other."""
    size, language, scheme = getattr(request, "param", (PHONE, "ko", "light"))
    opened = Window(browser, town.address, size, language, scheme)
    opened.enter(town.session)
    yield opened
    opened.context.close()
    assert opened.complaints == []
