"""Anchors leave the machine: who rewrites the ledger later, even with the device's key, is found by one that lies elsewhere.

Comes in: the vault, addresses of apprise, a schedule. Goes out: the text of a signed checkpoint (hashes alone) by e-mail or
messenger, a ledger record of each that was sent, an event when sending fails and one when it works again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.errors import AnsimError, ConfigError
from agent.settings import DAYS, AnchorSettings, Shop
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.checkpoint import Checkpoint, anchor_text, checkpoint_of
from agent.vault.journal import Journal
from agent.vault.ledger import BadLine, parse
from agent.vault.store import LEDGER
from agent.vault.witness import MARK
from agent.workers import Failure, shielded

log = logging.getLogger(__name__)

RETRY_S = 1800.0
DAY = dt.timedelta(days=1)


class AnchorNotSent(AnsimError):
    """No way took the anchor."""

    @classmethod
    def to_nobody(cls) -> AnchorNotSent:
        return cls(ko=_NOT_SENT.ko, en=_NOT_SENT.en)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Kinds of ways ("mailto", "tgram") that took an anchor, and that did not; never an address, which names somebody."""

    reached: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def last_slot(now: float, settings: AnchorSettings, zone: ZoneInfo) -> float:
    """The newest moment (Unix time), not after `now`, at which an anchor is to be sent."""
    local = dt.datetime.fromtimestamp(now, zone)
    back = (local.weekday() - DAYS.index(settings.weekday)) % 7 if settings.every == "week" else 0
    while True:
        slot = dt.datetime.combine(local.date() - back * DAY, dt.time(settings.hour), zone).timestamp()
        if slot <= now:
            return slot
        back += 7 if settings.every == "week" else 1


def addresses(settings: AnchorSettings) -> tuple[str, ...]:
    """All addresses in force. Raises ConfigError when their file cannot be read."""
    if settings.file is None:
        return settings.urls
    try:
        lines = settings.file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(
            ko=f"확인표를 보낼 주소 파일({settings.urls_file})을 읽을 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"The file with addresses for anchors, {settings.urls_file}, cannot be read. Check its path and permissions.",
        ) from wrong
    return settings.urls + tuple(line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))


def deliver(urls: tuple[str, ...], title: str, body: str, stopping: Callable[[], bool] = lambda: False) -> Delivery:
    """Send to each address in turn; blocks for as long as their servers take (seconds). Raises ConfigError."""
    reached, missed = [], []
    for number, way in enumerate(_ways(urls), 1):
        if stopping():
            break
        kind = str(urls[number - 1].partition(":")[0].lower())
        took = len(body) <= way.body_maxlen and shielded(lambda way=way: bool(way.notify(title=title, body=body)))  # type: ignore[misc]
        if took is True:
            reached.append(kind)
            continue
        missed.append(kind)
        # What it says may hold the address: that of a password in Hangul, which Latin-1 cannot write, is the password itself.
        log.info(
            "an anchor could not be sent by %s: %s", kind, type(took.error).__name__ if isinstance(took, Failure) else "refused"
        )
    return Delivery(tuple(reached), tuple(missed))


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest one on the ledger of a data folder, read without its lock."""
    journal = Journal(folder / LEDGER)
    for file in reversed(journal.files()):
        for line in reversed([line for line in journal.lines([file]) if MARK in line]):
            try:
                return checkpoint_of(parse(line).body)
            except (BadLine, ValueError):
                continue
    return None


def title_of(shop: Shop, settings: AnchorSettings, utc: float) -> str:
    """What stands above an anchor: what it is, the day, and the shop's name if that is wanted."""
    day = dt.datetime.fromtimestamp(utc, ZoneInfo(shop.timezone)).date()
    name = f" {shop.name}" if settings.shop_name else ""
    what = "안심 확인표 (지우지 마세요)" if shop.language == "ko" else "Ansim anchor (keep this)"
    return f"{what}{name} {day}"


class AnchorPost:
    """Holding one means: you may send anchors of an open vault. One thread at a time."""

    def __init__(
        self, vault: Vault, settings: AnchorSettings, shop: Shop, clock: Clock, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._vault = vault
        self._settings = settings
        self._shop = shop
        self._clock = clock
        self._stopping = stopping
        self._not_before = -RETRY_S  # monotonic: so soon after a failure nothing is tried again
        self.trouble: Text | None = None  # why anchors do not go out now

    def send_if_due(self) -> bool:
        """Send one if the time for it has come since the last one was sent; True when it was sent. Raises StoreError."""
        newest = next(iter(self._vault.anchors(1)), None)
        now = self._clock.utc()
        slot = last_slot(now, self._settings, ZoneInfo(self._shop.timezone))
        waits = self._clock.monotonic() < self._not_before
        if waits or (newest is not None and slot <= newest.utc <= now):
            return False
        try:
            self.send()
        except (AnchorNotSent, ConfigError):
            return False  # the event says why
        return True

    def send(self) -> tuple[Checkpoint, Delivery]:
        """Sign the ledger as it is and send that to all addresses. Raises AnchorNotSent, ConfigError, StoreError."""
        checkpoint = self._vault.checkpoint()
        try:
            done = deliver(
                addresses(self._settings),
                title_of(self._shop, self._settings, checkpoint.utc),
                anchor_text(checkpoint),
                self._stopping,
            )
        except ConfigError as wrong:
            self._failed(wrong.text)
            raise
        if self._stopping() and not done.reached:
            raise AnchorNotSent(ko="멈추는 중입니다.", en="Stopping.")
        if not done.reached:
            refused = AnchorNotSent.to_nobody()
            self._failed(refused.text)
            raise refused
        self._vault.record_anchor(checkpoint, done.reached, done.missed)
        if done.missed:
            ways = ", ".join(done.missed)
            self._failed(
                Text(
                    ko=f"확인표를 일부 주소({ways})로 보내지 못했습니다. [anchors]의 주소를 확인해 주세요.",
                    en=f"An anchor could not be sent to some addresses ({ways}). Check them in [anchors].",
                )
            )
        else:
            self._works()
        return checkpoint, done

    def _failed(self, text: Text) -> None:
        self.trouble = text
        self._not_before = self._clock.monotonic() + RETRY_S
        if not self._is_failing:
            log.warning("an anchor could not be sent: %s", text.en)
            self._vault.record_event(Event(self._clock.utc(), EventKind.ANCHOR_FAILED, text))

    def _works(self) -> None:
        self.trouble = None
        if self._is_failing:
            log.warning("anchors are sent again")
            self._vault.record_event(Event(self._clock.utc(), EventKind.ANCHOR_BACK, _AGAIN))

    @property
    def _is_failing(self) -> bool:
        """As the events say: a restart does not tell the same trouble anew."""
        newest = self._vault.newest_event(EventKind.ANCHOR_FAILED, EventKind.ANCHOR_BACK)
        return newest is not None and newest.event.kind is EventKind.ANCHOR_FAILED


def _ways(urls: tuple[str, ...]) -> list[Any]:
    """apprise's own objects. What it logs names addresses and servers, so nothing of that is let through."""
    try:
        import apprise
    except ImportError as wrong:
        raise ConfigError(
            ko="확인표를 보내려면 apprise가 필요합니다. `pip install 'ansim[notify]'`로 설치해 주세요.",
            en="Sending anchors needs apprise. Install it with `pip install 'ansim[notify]'`.",
        ) from wrong
    for name in ("apprise", "urllib3"):  # the latter tells paths, and messengers have their secret in them
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="Ansim", app_desc="Ansim", app_url="")
    ways = [apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True) for url in urls]
    wrong_at = [str(number) for number, way in enumerate(ways, 1) if way is None]
    if wrong_at or not ways:
        which = ", ".join(wrong_at) or "-"
        raise ConfigError(
            ko=f"확인표를 보낼 주소를 알아볼 수 없거나 없습니다({which}번째). [anchors]의 urls를 확인해 주세요.",
            en=f"There is no address for anchors, or one is not understood (number {which}). Check urls in [anchors].",
        )
    return ways


_NOT_SENT = Text(
    ko="확인표를 어느 주소로도 보내지 못했습니다. 인터넷과 [anchors]의 주소를 확인해 주세요. "
    "안심이 실행되는 동안 30분마다 다시 해 봅니다.",
    en="An anchor could not be sent to any address. Check the internet and the addresses in [anchors]; while Ansim runs, it is "
    "tried again every half hour.",
)
_AGAIN = Text(ko="확인표를 다시 보내고 있습니다.", en="Anchors are sent again.")
