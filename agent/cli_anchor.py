"""`ansim anchor`: the ledger's fingerprint as text and QR code, to be kept elsewhere; and a try at sending it.

Comes in: parsed arguments. Goes out: the anchor on the terminal, as a PNG or by the addresses in [anchors]. While the agent
runs, the newest checkpoint on its ledger is taken (at most ten minutes old); else the ledger is signed as it is now.
"""

from __future__ import annotations

import argparse
import io
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import segno

from agent.cli_terminal import Terminal
from agent.clock import SystemClock
from agent.errors import ConfigError, StoreError
from agent.settings import Settings
from agent.values import Text
from agent.vault.checkpoint import Checkpoint, anchor_text

if TYPE_CHECKING:
    from agent.anchors import Delivery


class Anchor:
    """Holding one means: the command line has the command `anchor`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def add(self, commands: Any) -> None:
        """Add the command to the parser."""
        anchor = self._terminal.command(commands, "anchor", _ANCHOR, self._anchor)
        anchor.add_argument("--send", action="store_true", help=self._terminal.speak(_SEND))
        anchor.add_argument("--png", type=Path, metavar="FILE", help=self._terminal.speak(_PNG))

    def _anchor(self, asked: argparse.Namespace) -> int:
        settings = self._terminal.load(asked)
        checkpoint, sent = self._send(settings) if asked.send else (self._newest(settings), None)
        text = anchor_text(checkpoint)
        if asked.png is not None:
            _draw(text, asked.png)
        if asked.json:
            answer: dict[str, object] = {"anchor": text, "records": checkpoint.size, "utc": checkpoint.utc}
            answer |= {"reached": list(sent.reached), "missed": list(sent.missed)} if sent else {}
            self._terminal.say(json.dumps(answer))
            return 0
        when = datetime.fromtimestamp(checkpoint.utc, ZoneInfo(settings.shop.timezone))
        self._terminal.tell(
            Text(
                ko=f"{when:%Y-%m-%d %H:%M:%S}까지의 기록 {checkpoint.size}건을 나타내는 확인표입니다.",
                en=f"This stands for all {checkpoint.size} records up to {when:%Y-%m-%d %H:%M:%S}.",
            )
        )
        if sent is not None:
            ways = ", ".join(sent.reached)
            self._terminal.tell(Text(ko=f"보냈습니다: {ways}", en=f"Sent: {ways}"))
            if sent.missed:
                ways = ", ".join(sent.missed)
                self._terminal.tell(Text(ko=f"보내지 못했습니다: {ways}", en=f"Not sent: {ways}"))
        self._show(text)
        self._last(settings)
        return 0

    def _last(self, settings: Settings) -> None:
        """When one was sent before."""
        from agent.vault.reading import Reading

        reading = Reading(settings.data.folder, SystemClock())
        try:
            newest = next(iter(reading.anchors(1)), None)
        finally:
            reading.close()
        if newest is not None:
            when = f"{datetime.fromtimestamp(newest.utc, ZoneInfo(settings.shop.timezone)):%Y-%m-%d %H:%M}"
            ways = ", ".join(newest.reached)
            self._terminal.tell(Text(ko=f"마지막으로 보낸 때: {when} ({ways})", en=f"Last sent: {when} ({ways})"))

    def _show(self, text: str) -> None:
        picture = io.StringIO()
        segno.make_qr(text, error="m").terminal(out=picture, compact=True)
        self._terminal.say(picture.getvalue())
        self._terminal.say(text)
        self._terminal.tell(_KEEP)

    def _newest(self, settings: Settings) -> Checkpoint:
        from agent.anchors import newest_checkpoint
        from agent.vault import Vault
        from agent.vault.lock import FolderInUse

        try:
            with Vault(settings.data.folder, SystemClock()) as vault:
                return vault.checkpoint()
        except FolderInUse:
            newest = newest_checkpoint(settings.data.folder)
        if newest is None:
            raise StoreError(
                ko="원장에 아직 서명이 없습니다. 10분 뒤에 다시 해 주세요.",
                en="The ledger has not been signed yet. Try again in ten minutes.",
            )
        return newest

    def _send(self, settings: Settings) -> tuple[Checkpoint, Delivery]:
        """Of a running agent the ledger cannot be written, so that try is not noted there."""
        from agent.anchors import AnchorNotSent, AnchorPost, addresses, deliver, title_of
        from agent.vault import Vault
        from agent.vault.lock import FolderInUse

        clock = SystemClock()
        try:
            with Vault(settings.data.folder, clock) as vault:
                return AnchorPost(vault, settings.anchors, settings.shop, clock).send()
        except FolderInUse:
            checkpoint = self._newest(settings)
        title = title_of(settings.shop, settings.anchors, checkpoint.utc)
        done = deliver(addresses(settings.anchors), title, anchor_text(checkpoint))
        if not done.reached:
            raise AnchorNotSent.to_nobody()
        return checkpoint, done


def _draw(text: str, path: Path) -> None:
    from agent.entry.qr_picture import draw_png

    try:
        path.write_bytes(draw_png(text, largest=40, scale=6))
    except OSError as wrong:
        raise ConfigError(
            ko=f"{path}에 쓸 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"{path} cannot be written. Check the path and its permissions.",
        ) from wrong


_ANCHOR = Text(
    ko="원장의 확인표(ANSIM1:...)를 글과 QR로 보여 줍니다. 다른 곳에 보관하면 나중에 기록이 바뀌었는지 알 수 있습니다",
    en="show the ledger's anchor (ANSIM1:...) as text and QR; kept elsewhere, it finds records that were changed later",
)
_SEND = Text(ko="설정의 [anchors] 주소로 지금 보내 봅니다", en="send it now to the addresses in [anchors] of the settings")
_PNG = Text(ko="QR을 그림 파일로도 저장합니다", en="write the QR as a picture, too")
_KEEP = Text(
    ko="이 글이나 QR을 이 PC가 아닌 곳에 보관하세요. 나중에 `ansim check --anchor`로 확인합니다.",
    en="Keep this text or QR away from this PC. Later, `ansim check --anchor` holds the ledger against it.",
)
