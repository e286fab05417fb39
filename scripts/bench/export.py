"""How long an export takes, from the order to the synced file: report drawn, everything hashed, signed, zipped, encrypted.

    scripts/bench/run export

The bag holds as much as an incident of 60 s at 1080p brings: a clip of 12 MB, and 38 MB (5 Mbit/s) of original or of a
rendering for one person. Times are wall and processor seconds; a passphrase's share is age's scrypt, which is slow on purpose.
"""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyrage
from pyrage import x25519

from agent.capture.packet import RingPacket, StreamFormat
from agent.evidence.delivery import Protection
from agent.evidence.report_pages import draw_report
from agent.evidence.verify import Opener, Verdict, verify
from agent.recording.original import Original, pack
from agent.recording.sealed import enclose
from agent.vault.owner_keys import Recipient
from scripts.bench.bags import DrawnShop, drawn_shop
from scripts.bench.report import Options, Report, Table

CLIP, ORIGINAL = 12_000_000, 38_000_000  # bytes
LASTS_S, FPS = 60, 15
PASSPHRASE = "four words of length"  # noqa: S105  # of bags that are thrown away


def measure(options: Options) -> Report:
    """The table of docs/evidence.md."""
    key = pyrage.x25519.Identity.generate()
    forms = {"passphrase": Protection(PASSPHRASE), "recipient": Protection(recipients=(str(key.to_public()),))}
    original = random.Random(1).randbytes(ORIGINAL)
    rows = []
    with tempfile.TemporaryDirectory() as at, drawn_shop(Path(at) / "data", report=draw_report) as shop:
        shop.live(incidents=1 if options.quick else 200)
        shop.live(incidents=1, clip_bytes=CLIP)
        rows.append(_sealing(shop, original))
        revealed = (shop.reveal(original),)
        for form, protection in forms.items():
            order = replace(shop.order(), revealed=revealed)
            wall, cpu = time.perf_counter(), time.process_time()
            delivered, composed = shop.exporter.export(order, Path(at), protection)
            rows.append([f"export, {form}", time.perf_counter() - wall, time.process_time() - cpu, delivered.size / 1e6])
            wall, cpu = time.perf_counter(), time.process_time()
            found = verify(delivered.path, composed.anchor, Opener(lambda: PASSPHRASE, (str(key),)))
            rows.append([f"ansim verify, {form}", time.perf_counter() - wall, time.process_time() - cpu, delivered.size / 1e6])
            assert found.verdict is Verdict.UNCHANGED, found.text.en
            delivered.path.unlink()
    table = Table("Export of a 60 s incident", ["what", "wall s", "processor s", "MB"], rows)
    return Report([table], {"rows": rows})


def _sealing(shop: DrawnShop, original: bytes) -> list[object]:
    """As `agent.recording.sealed` does it, with packets of random bytes in the sizes of a camera's."""
    form = StreamFormat("till", "h264", b"", 1920, 1080, Fraction(1, 90_000))
    size, utc = len(original) // (LASTS_S * FPS), 1_795_000_000.0
    packets = tuple(
        RingPacket(original[i * size : (i + 1) * size], i / FPS, 1 / FPS, i % FPS == 0, i, i / FPS, utc + i / FPS, form)
        for i in range(LASTS_S * FPS)
    )
    key = x25519.Identity.generate()
    recipient = Recipient("owner", str(key.to_public()), utc)
    wall, cpu = time.perf_counter(), time.process_time()
    envelope = enclose(pack(Original(packets, {}, 0.0, float(LASTS_S))), (recipient,))
    shop.keep_original(envelope.sealed, envelope.key, recipient.public)
    return ["sealing the original", time.perf_counter() - wall, time.process_time() - cpu, len(envelope.sealed) / 1e6]
