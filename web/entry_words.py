"""Entry in words that an owner would use: kinds of pass, what became of a code, who crossed the entrance, when a pass is valid.

Comes in: values of `agent.panel`. Goes out: names and sentences in the person's language, for the templates and the download.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext

from agent.panel import Answer, CrossingKind, Entry, ListedPass, Pass, PassKind, Reader
from web.language import day, local, midnight, place, when
from web.words import Wording

WEEK = (
    lazy_gettext("Mon"), lazy_gettext("Tue"), lazy_gettext("Wed"), lazy_gettext("Thu"), lazy_gettext("Fri"),
    lazy_gettext("Sat"), lazy_gettext("Sun"),
)  # fmt: skip
DAY_MINUTES = 24 * 60
MISREAD = str.maketrans("018", "OIB")

KINDS: Mapping[PassKind, Wording] = {
    PassKind.PHONE: Wording(
        lazy_gettext("Phone"), lazy_gettext("A code on the customer's own phone that changes every 30 seconds."), "phone"
    ),
    PassKind.CARD: Wording(
        lazy_gettext("Paper card"), lazy_gettext("For whoever has no smartphone: you print it, with a PIN if you like."), "card"
    ),
    PassKind.VISITOR: Wording(
        lazy_gettext("Visitor"), lazy_gettext("For a courier or repairer: opens the door once."), "visitor"
    ),
    PassKind.STAFF: Wording(
        lazy_gettext("Staff"), lazy_gettext("For whoever works here: on the phone, in and out as often as needed."), "staff"
    ),
}

ANSWERS: Mapping[Answer, Wording] = {
    Answer.ADMITTED: Wording(lazy_gettext("Accepted"), lazy_gettext("Pass %(number)s was accepted"), "good"),
    Answer.UNKNOWN: Wording(
        lazy_gettext("Unknown code"), lazy_gettext("A code that is none of this shop's was refused"), "warn"
    ),
    Answer.EXPIRED: Wording(
        lazy_gettext("Outdated code"), lazy_gettext("An outdated code of pass %(number)s was refused"), "off"
    ),
    Answer.USED: Wording(
        lazy_gettext("Used before"), lazy_gettext("A code of pass %(number)s was shown again and refused"), "warn"
    ),
    Answer.REVOKED: Wording(lazy_gettext("Revoked pass"), lazy_gettext("The revoked pass %(number)s was refused"), "warn"),
    Answer.NOT_VALID_NOW: Wording(
        lazy_gettext("Not valid then"), lazy_gettext("Pass %(number)s was refused: it is not valid at that time"), "off"
    ),
    Answer.INSIDE: Wording(
        lazy_gettext("Already inside"), lazy_gettext("Pass %(number)s was refused: its holder is inside already"), "warn"
    ),
    Answer.NEEDS_PIN: Wording(
        lazy_gettext("PIN asked"), lazy_gettext("Pass %(number)s was shown, and its PIN was asked"), "off"
    ),
    Answer.WRONG_PIN: Wording(
        lazy_gettext("Wrong PIN"), lazy_gettext("Pass %(number)s was refused: the PIN was wrong"), "warn"
    ),
    Answer.TOO_MANY: Wording(
        lazy_gettext("Tried too often"), lazy_gettext("Refused, after too many tries in a short time"), "warn"
    ),
    Answer.UNSURE: Wording(
        lazy_gettext("Not written down"), lazy_gettext("Pass %(number)s was refused: it could not be written down"), "bad"
    ),
}

CROSSINGS: Mapping[CrossingKind, Wording] = {
    CrossingKind.VERIFIED: Wording(lazy_gettext("Came in"), lazy_gettext("Somebody came in with pass %(number)s"), "good"),
    CrossingKind.NO_CODE: Wording(lazy_gettext("Without a code"), lazy_gettext("Somebody came in without a code"), "bad"),
    CrossingKind.TAILGATING: Wording(
        lazy_gettext("Followed in"), lazy_gettext("Somebody came in behind pass %(number)s, without a code"), "bad"
    ),
    CrossingKind.EXIT: Wording(lazy_gettext("Went out"), lazy_gettext("Somebody went out"), "off"),
}

READERS: Mapping[Reader, LazyString] = {
    Reader.CAMERA: lazy_gettext("Camera"),
    Reader.SCANNER: lazy_gettext("USB scanner"),
    Reader.KIOSK: lazy_gettext("Screen at the door"),
    Reader.OUTSIDE: lazy_gettext("Outside identity"),
}


def number_of(pass_id: str | None) -> str:
    """A pass's number as people read it out: ABCD-EFGH; nothing known: a dash."""
    return "-".join(filter(None, (pass_id[:4], pass_id[4:]))) if pass_id else "–"


def typed_number(text: str) -> str:
    """What somebody typed as a pass's number, in capitals; base32 has no 0, 1 and 8, so these were letters misread."""
    return re.sub(r"[\s\-–]", "", text).upper().translate(MISREAD)


def mark_of(entry: Entry) -> Wording:
    """The short name and tone of one line of the log."""
    if entry.crossing is not None:
        return CROSSINGS[entry.crossing]
    return ANSWERS[entry.answer or Answer.UNKNOWN]


def sentence_of(entry: Entry, pass_id: str | None = None) -> str:
    """What happened, with the pass's number (pass_id: where the entry has none); where none is known, the short name."""
    said, known = mark_of(entry), entry.pass_id or pass_id
    sentence = str(said.sentence)
    if "%(number)s" not in sentence:
        return sentence
    return sentence % {"number": number_of(known)} if known else str(said.name)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a pass opens the door now, in words. is_over: it never will again."""

    name: LazyString
    tone: str
    is_over: bool = False


def standing_of(held: Pass) -> Standing:
    """How a pass stands at this moment."""
    now = place().utc()
    if held.revoked_utc is not None:
        return Standing(lazy_gettext("Revoked"), "bad", is_over=True)
    if held.used_utc is not None:
        return Standing(lazy_gettext("Used"), "off", is_over=True)
    if held.until_utc is not None and held.until_utc <= now:
        return Standing(lazy_gettext("Ended"), "off", is_over=True)
    if held.from_utc > now:
        return Standing(lazy_gettext("Not yet valid"), "note")
    if held.hours is not None and not held.hours.within(local(now)):
        return Standing(lazy_gettext("Valid, not at this hour"), "note")
    return Standing(lazy_gettext("Valid"), "good")


def period_of(held: Pass | ListedPass) -> str:
    """From when to when, by days where it ends at midnight."""
    later = held.from_utc is not None and held.from_utc > place().utc()
    first = day(held.from_utc) if held.from_utc is not None else ""
    if held.until_utc is None:
        return str(gettext("From %(day)s", day=first) if later else gettext("Without an end"))
    last = _last(held.until_utc)
    if later:
        return str(gettext("From %(first)s until %(last)s", first=first, last=last))
    return str(gettext("Until %(day)s", day=last))


def hours_of(held: Pass) -> str:
    """On which days and hours: Mon–Fri 09:00–18:00, Sat 10:00–12:00."""
    if held.hours is None or all(spans == ((0, DAY_MINUTES),) for spans in held.hours.days):
        return str(gettext("At any hour"))
    runs: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    for at, spans in enumerate(held.hours.days):
        if runs and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], at, spans)
        else:
            runs.append((at, at, spans))
    return ", ".join(f"{_days(first, last)} {_spans(spans)}" for first, last, spans in runs if spans)


def _last(until_utc: float) -> str:
    return day(until_utc - 1) if until_utc == midnight(local(until_utc).date()) else when(until_utc)


def _days(first: int, last: int) -> str:
    if (first, last) == (0, len(WEEK) - 1):
        return str(gettext("Daily"))
    return str(WEEK[first]) if first == last else f"{WEEK[first]}–{WEEK[last]}"


def _spans(spans: tuple[tuple[int, int], ...]) -> str:
    if spans == ((0, DAY_MINUTES),):
        return str(gettext("all day"))
    return " ".join(f"{_minute(start)}–{_minute(end)}" for start, end in spans)


def _minute(minute: int) -> str:
    return f"{minute // 60 % 24 if minute != DAY_MINUTES else 24:02d}:{minute % 60:02d}"


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        pass_kinds=KINDS, answers=ANSWERS, crossings=CROSSINGS, readers=READERS, week=WEEK, number_of=number_of,
        mark_of=mark_of, sentence_of=sentence_of, standing_of=standing_of, period_of=period_of, hours_of=hours_of,
    )  # fmt: skip
