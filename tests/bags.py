"""Evidence bags to verify and to tamper with: of a real vault with a real incident, and what takes them apart again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agent.clock import ManualClock
from agent.entry.records import Answer, Entry, PassKind, Reader
from agent.evidence.bag import Bag
from agent.evidence.export import Exporter
from agent.evidence.order import ExportOrder
from agent.evidence.report_facts import ReportFacts
from agent.settings import CameraSettings, Settings, Shop
from agent.values import EventKind
from agent.vault import Vault
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import parse
from scripts.bench.tampering import Untouched
from tests.stored import CAMERA, UTC, event, incident, keep_clip, keep_segment, opened

SHOP = Settings(shop=Shop(name="행복 무인점 3호"), cameras=(CameraSettings(CAMERA, "계산대", "demo:"),))
ORDER = ExportOrder(
    incident=incident().id,
    operator="점주",
    purpose="절도 신고",
    receiver="서울마포경찰서 수사과",
    basis="개인정보 보호법 제18조 제2항 제2호, 형사소송법 제218조",
    case="2026-1234",
    clock_offset_s=-1.5,
)
PASSPHRASE = "네 낱말로 된 긴 암호"
STRANGER = DeviceKey(bytes(range(32)), bytes(32))


def plain_report(facts: ReportFacts) -> bytes:
    """Stands in for report.pdf where it does not matter what it looks like."""
    return f"%PDF-1.7 {facts.incident} {facts.digest} {facts.anchor}".encode()


def entry(number: int, utc: float) -> Entry:
    token = hashlib.sha256(b"%d" % number).hexdigest()
    return Entry(
        f"20260921T131320{number:03d}Z-e1",
        utc,
        Answer.ADMITTED,
        None,
        "ABCD2345",
        PassKind.PHONE,
        Reader.CAMERA,
        "door",
        None,
        token,
    )


@contextmanager
def shop(folder: Path) -> Iterator[Vault]:
    """A vault in which an incident with a clip, another one, entries, events and accesses are on the ledger."""
    with opened(folder, ManualClock(UTC + 600)) as vault:
        vault.record_event(event("started", EventKind.STARTED))
        for number in range(3):
            vault.record_entry(entry(number, UTC - 60 + 30 * number))
        keep_segment(vault)
        keep_clip(vault, 1)
        vault.checkpoint()
        keep_clip(vault, 10, UTC + 100)  # whose name begins like that of the first
        vault.record_audit("점주", "view", incident().id, "", "127.0.0.1")
        vault.record_event(event("camera lost", EventKind.CAMERA_LOST))
        yield vault


def exporter(
    vault: Vault, report: Callable[[ReportFacts], bytes] = plain_report, stamp: Callable[[bytes], bytes] | None = None
) -> Exporter:
    return Exporter(vault, vault.device, SHOP, ManualClock(UTC + 600), report, vault.checkpoint, stamp)


def zipped(bag: Bag) -> bytes:
    return b"".join(bag.zip_pieces())


def files_of(bag: Bag) -> dict[str, bytes]:
    return {one.file.name: b"".join(one.file.pieces()) for one in bag.files}


def untouched(folder: Path, order: ExportOrder = ORDER) -> Untouched:
    """A bag of a new shop, and all that a forger may have at hand."""
    with shop(folder) as vault:
        composed = exporter(vault).compose(order)
        ledger = tuple(line.removesuffix(b"\n") for line in vault.ledger_lines())
        clip = next(vault.folder.rglob("*loitering-10.mp4")).read_bytes() + b"another"
        size = parse(ledger[-1]).seq - 1  # the last line is the checkpoint itself
        key = vault.device
        return Untouched(composed.bag.name, files_of(composed.bag), composed.anchor, key, STRANGER, ledger[:size], clip)


def unpacked(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
