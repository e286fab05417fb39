"""What the pages about entry share: the desks behind them, links to the customers' pages, pictures of codes.

Comes in: the panel. Goes out: `desks` (404 while [entry] is off), `link`, `picture`, `Handout`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Blueprint, abort, request
from markupsafe import Markup

from agent.panel import EntryDesks, draw_svg
from web.security import panel

LINK_VERSION = 10  # the largest QR code for a link: 57 modules a side, which any phone reads from a screen
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Handout:
    """A link that is shown once, and the same as a picture."""

    link: str = field(repr=False)
    picture: Markup = field(repr=False)


def desks() -> EntryDesks:
    """The agent's side of entry."""
    found = panel().entry
    if found is None:
        abort(404)
    return found


def hide_when_off(pages: Blueprint) -> None:
    """Let a group of pages answer only while entry is on."""

    @pages.before_request
    def refuse() -> None:
        desks()


def picture(text: str, largest: int = 4) -> Markup:
    """A QR code as SVG, to stand inside a page. It has no address of its own, so nothing keeps it."""
    return Markup(draw_svg(text, largest=largest))  # noqa: S704 - made of numbers


def customers_address() -> str:
    """Where the pages for customers are, without a slash at the end: as set, else on this PC by the name it was reached by."""
    kiosk = desks().settings.kiosk
    if kiosk.public_url:
        return kiosk.public_url.rstrip("/")
    host = urlsplit(request.host_url).hostname or "127.0.0.1" if kiosk.host in EVERYWHERE else kiosk.host
    return f"{'https' if kiosk.certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{kiosk.port}"


def reaches_others() -> bool:
    """Whether another device than this PC can open the customers' pages, as far as their address tells."""
    return urlsplit(customers_address()).hostname not in HERE


def serves_phones() -> bool:
    """Whether a phone can keep a pass: browsers do so only on pages that came by TLS."""
    return reaches_others() and customers_address().startswith("https://")


def handout(path: str) -> Handout:
    """A link to a page for customers. path: begins with a slash."""
    link = customers_address() + path
    return Handout(link, picture(link, LINK_VERSION))
