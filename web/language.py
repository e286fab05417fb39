"""Korean or English, and times, spans and sizes written the way people say them.

Comes in: the language cookie, the shop's language and time zone. Goes out: template filters `when`, `clock`, `day`, `ago`,
`span`, `size`, `text`, and the globals `language`, `other_language`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, current_app, request
from flask_babel import Babel, LazyString, force_locale, gettext
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from agent.panel import Shop
from agent.values import Text

LANGUAGES = {"ko": "한국어", "en": "English"}
COOKIE = "ansim_language"
RECENT_S = 12 * 3600.0
YEAR_S = 365 * 24 * 3600

PATTERNS = {  # Unicode date patterns; {year} is left out while it is this year
    "ko": {"date": "M월 d일 (EEE)", "dated": "yyyy년 M월 d일 (EEE)", "clock": "aaaa h:mm", "exact": "aaaa h:mm:ss"},
    "en": {"date": "EEE, MMM d", "dated": "EEE, MMM d, yyyy", "clock": "h:mm a", "exact": "h:mm:ss a"},
}


class Place(Protocol):
    """Holding one means: you know whose pages these are and what time it is there."""

    shop: Shop

    def utc(self) -> float: ...


def place() -> Place:
    """The shop of this app."""
    found: Place = current_app.extensions["ansim_place"]
    return found


def install(app: Flask, where: Place, switch: str) -> None:
    """switch: the endpoint that takes the form with which a person changes the language."""
    app.extensions["ansim_place"] = where
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=current, timezone_selector=lambda: place().shop.timezone)
    app.jinja_env.filters.update(
        told=told,
        is_recent=is_recent,
        when=when,
        clock=clock,
        exact=exact,
        day=day,
        ago=ago,
        span=span,
        size=size,
        text=text,
        number=number,
    )
    app.jinja_env.globals.update(language=current, languages=LANGUAGES, text_in=lambda t: t.in_(current()))
    app.jinja_env.globals["panel_shop"] = lambda: place().shop
    app.jinja_env.globals["language_switch"] = switch
    app.jinja_env.globals["local_iso"] = lambda utc: local(utc).isoformat(timespec="seconds")


def current() -> str:
    """The language of this request: what the person chose, else the shop's."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else place().shop.language


def remember(response: Response, language: str) -> None:
    """Keep the choice for a year; an unknown language changes nothing."""
    if language in LANGUAGES:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)


def both(words: Mapping[str, LazyString]) -> dict[str, dict[str, str]]:
    """Sentences by key and language, for a page that changes its language without asking again; %(name)s stays as it is."""
    found: dict[str, dict[str, str]] = {key: {} for key in words}
    for language in LANGUAGES:
        with force_locale(language):
            for key, sentence in words.items():
                found[key][language] = str(sentence)
    return found


def text(sentence: Text) -> str:
    return sentence.in_(current())


def told(sentence: Text | str) -> Markup:
    """A sentence of the agent's; what it sets in backticks (commands) is shown as code."""
    words = sentence if isinstance(sentence, str) else text(sentence)
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))  # noqa: S704 - escaped just before


def zone() -> ZoneInfo:
    return ZoneInfo(place().shop.timezone)


def local(utc: float) -> dt.datetime:
    """Unix time -> the shop's own time."""
    return dt.datetime.fromtimestamp(utc, zone())


def today() -> dt.date:
    return local(place().utc()).date()


def midnight(date: dt.date) -> float:
    """Unix time at which `date` begins in the shop's time zone."""
    return dt.datetime.combine(date, dt.time(), zone()).timestamp()


def _pattern(name: str) -> str:
    return PATTERNS[current()][name]


def _written(utc: float, pattern: str) -> str:
    return format_datetime(local(utc), pattern, locale=current())


def clock(utc: float) -> str:
    """오후 8:36 / 8:36 PM"""
    return _written(utc, _pattern("clock"))


def exact(utc: float) -> str:
    """With seconds: 오후 8:36:11 / 8:36:11 PM"""
    return _written(utc, _pattern("exact"))


def day(moment: float | dt.date) -> str:
    """오늘 / Yesterday / 11월 19일 (목) / Thu, Nov 19"""
    date = moment if isinstance(moment, dt.date) else local(moment).date()
    distance = (today() - date).days
    if distance == 0:
        return str(gettext("Today"))
    if distance == 1:
        return str(gettext("Yesterday"))
    noon = dt.datetime.combine(date, dt.time(12), zone())
    return format_datetime(noon, _pattern("date" if date.year == today().year else "dated"), locale=current())


def when(utc: float) -> str:
    """Day and time: 오늘 오후 8:36 / Yesterday 8:36 PM"""
    return f"{day(utc)} {clock(utc)}" if current() == "ko" else f"{day(utc)}, {clock(utc)}"


def ago(utc: float) -> str:
    """How long ago, roughly: 3분 전 / 3 minutes ago."""
    age = place().utc() - utc
    if age < 45:
        return str(gettext("just now"))
    return format_timedelta(dt.timedelta(seconds=-age), add_direction=True, threshold=0.95, locale=current())


def is_recent(utc: float) -> bool:
    """Whether "ago" says more than the time of day does."""
    return place().utc() - utc < RECENT_S


def span(seconds: float) -> str:
    """How long something took: 42초, 3분 5초 / 42 s, 3 min 5 s."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes))
    if minutes and rest:
        return str(gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest))
    if minutes:
        return str(gettext("%(minutes)s min", minutes=minutes))
    return str(gettext("%(seconds)s s", seconds=rest))


def size(count: float) -> str:
    """Bytes in the unit that reads best (powers of 1000, as disks are sold): 840 KB, 2.1 MB, 1.4 TB."""
    unit = "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if count < 1000:
            break
        count, unit = count / 1000, larger
    digits = "#,##0" if unit in ("B", "KB") or count >= 100 else "#,##0.#"
    return f"{format_decimal(count, digits, locale=current())} {unit}"


def number(count: float, pattern: str = "#,##0") -> str:
    return format_decimal(count, pattern, locale=current())
