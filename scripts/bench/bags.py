"""Bags to be measured: of a real vault with drawn incidents, through the real exporter.

Comes in: a folder, a seed. Goes out: `Untouched` bags, each different. Clips are random bytes: nothing looks into them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from agent.clock import ManualClock
from agent.entry.records import Answer, Entry, PassKind, Reader
from agent.evidence.bag import Bag, BagFile
from agent.evidence.ceremony import RevealRequest, begin
from agent.evidence.export import Exporter
from agent.evidence.order import ExportOrder
from agent.evidence.report_facts import ReportFacts
from agent.settings import CameraSettings, Settings, Shop
from agent.values import Event, EventKind, FrameNote, Incident, MaskStep, Severity, Sidecar, Text
from agent.vault import FileKind, Vault
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import parse
from agent.vault.originals import SealedOffer
from scripts.bench.tampering import Untouched

UTC = 1_795_000_000.0
STRANGER = DeviceKey(bytes(range(32)), bytes(32))
SHOP = Settings(shop=Shop(name="측정용 가게"), cameras=(CameraSettings("till", "계산대", "demo:"),))


def plain_report(facts: ReportFacts) -> bytes:
    """Stands in for report.pdf where thousands of bags are made."""
    return f"%PDF-1.7 {facts.incident} {facts.digest} {facts.anchor}".encode()


class DrawnShop:
    """Holding one means: you may have as many different bags as you like of one shop's ledger."""

    def __init__(self, vault: Vault, seed: int, report: Callable[[ReportFacts], bytes] = plain_report) -> None:
        self._vault = vault
        self._random = random.Random(seed)
        self._clock = ManualClock(UTC)
        self._incidents: list[Incident] = []
        self._ledger: list[bytes] = []  # all bags share its lines
        self.exporter = Exporter(vault, vault.device, SHOP, self._clock, report, vault.checkpoint)

    def live(self, incidents: int, clip_bytes: int | None = None) -> None:
        """Days pass: people come in, things happen. clip_bytes: size of the clips (None: some thousand bytes)."""
        for _ in range(incidents):
            self._clock.advance(self._random.uniform(30, 3000))
            utc = self._clock.utc()
            for _ in range(self._random.randrange(4)):
                self._enter(utc + self._random.uniform(-200, 200))
            if self._random.random() < 0.3:
                self._vault.record_event(Event(utc, EventKind.CAMERA_LOST, Text(ko="카메라", en="camera"), "till"))
            self._happen(utc, clip_bytes or self._random.randrange(1000, 30_000))

    def bag(self) -> Untouched:
        """One more export."""
        self._clock.advance(1.0)
        composed = self.exporter.compose(replace(self.order(), incident=self._random.choice(self._incidents).id))
        ledger = self._ledger
        ledger += (line.removesuffix(b"\n") for line in islice(self._vault.ledger_lines(), len(ledger), None))
        size = next(at for at in range(len(ledger), 0, -1) if parse(ledger[at - 1]).kind == "checkpoint") - 1
        files = _contents(composed.bag)
        clip = self._random.randbytes(3000)
        return Untouched(composed.bag.name, files, composed.anchor, self._vault.device, STRANGER, tuple(ledger[:size]), clip)

    def order(self) -> ExportOrder:
        """For the newest incident."""
        return ExportOrder(
            self._incidents[-1].id,
            operator=self._random.choice(("점주", "owner", "점장 김")),
            purpose=f"신고 {self._random.random()}",
            entries_s=self._random.uniform(0, 4000),
        )

    def reveal(self, clip: bytes) -> BagFile:
        """`clip` as what a ceremony made of the newest incident, which the ledger says; it is random and shows nobody."""
        order, name = self.order(), "person-1.mp4"
        asked = RevealRequest(order.incident, order.operator, persons=(1,), reason="to be measured", basis="viewing")
        told = {"file": name, "sha256": hashlib.sha256(clip).hexdigest(), "bytes": len(clip), "frames": 1, "shown": 1}
        self._vault.record_reveal({**begin(asked, now_s=0.0).body("rendered", order.operator), **told}, rendered=True)
        return BagFile(name, clip)

    def keep_original(self, sealed: bytes, key: bytes, public: str) -> None:
        """The sealed original of the newest incident."""
        about = self._incidents[-1]
        until_utc = about.closed_utc or about.opened_utc
        self._vault.store_sealed(
            SealedOffer(about.id, about.opened_utc, 1, sealed, key, about.opened_utc, until_utc, (public,))
        )

    def _enter(self, utc: float) -> None:
        number = self._random.getrandbits(40)
        self._vault.record_entry(
            Entry(
                f"e{number}",
                utc,
                Answer.ADMITTED,
                None,
                "ABCD2345",
                PassKind.PHONE,
                Reader.CAMERA,
                None,
                None,
                f"{number:064x}",
            )
        )

    def _happen(self, utc: float, size: int) -> None:
        number = len(self._incidents) + 1
        reason = Text(ko="오래 머물렀습니다.", en="Stayed long.")
        seen = Incident(
            f"20261118T000000Z-till-loitering-{number}", "till", "loitering", Severity.SOON, 1.0, utc, (reason,), (1,)
        )
        self._vault.open_incident(seen)
        partial = self._vault.partial_path(FileKind.CLIP, seen.id, utc)
        partial.write_bytes(self._random.randbytes(size))
        self._vault.store_clip(seen.id, partial, b"\xff\xd8\xff", Sidecar("till", (FrameNote(1.0, utc, MaskStep.NORMAL),)))
        self._incidents.append(seen)


@contextmanager
def drawn_shop(folder: Path, seed: int = 1, report: Callable[[ReportFacts], bytes] = plain_report) -> Iterator[DrawnShop]:
    vault = Vault(folder, ManualClock(UTC))
    vault.open()
    try:
        yield DrawnShop(vault, seed, report)
    finally:
        vault.close()


def _contents(bag: Bag) -> dict[str, bytes]:
    return {one.file.name: b"".join(one.file.pieces()) for one in bag.files}
