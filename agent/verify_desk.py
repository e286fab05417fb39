"""Checks what left the shop and comes back: evidence bags, and the code (QR) on a printed report.

Comes in: a bag in memory with what opens it; a report's code as text or photographed. Goes out: the verdict of `ansim verify`;
whether this shop's ledger still is what the report says it was. Nothing is written, and nothing of what was given is kept.
"""

from __future__ import annotations

import enum
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.errors import AnsimError
from agent.evidence.report_photo import PhotoUnreadable, codes_in
from agent.evidence.verify import Judgement, Opener, verify_data
from agent.values import Text
from agent.vault import RegisterRow, Vault
from agent.vault.checkpoint import Checkpoint, bag_of_anchor, is_signed, read_anchor
from agent.vault.device_key import verify
from agent.vault.witness import Doubt, doubts_of

__all__ = ["NotAnAnchor", "Paper", "PaperFinding", "PhotoUnreadable", "VerifierBusy", "VerifyDesk"]

PAGE = 200  # rows of the register that are read at once
SHARE = 4  # a bag may have so much of the memory that is free: opened with a passphrase it is there three times
MEMORY = Path("/proc/meminfo")


class VerifierBusy(AnsimError):
    """Something is being checked already."""


class NotAnAnchor(AnsimError):
    """What was typed or photographed is no code of a report."""

    exit_code = 2


class Paper(enum.StrEnum):
    """What can be said of a report's code."""

    HOLDS = "holds"  # the ledger is still what it was when the report was made
    CHANGED = "changed"  # it is not: records were changed, dropped or put in since
    FOREIGN = "foreign"  # another device made the report
    FORGED = "forged"  # the signature is wrong


@dataclass(frozen=True, slots=True)
class PaperFinding:
    """verdict, and what the code says: when it was made (Unix time), how many records there were, whose key signed it (hex).

    doubts: what does not fit. export: the export whose report it is, where the register still knows it. has_bag: it is an
    export's report at all. other_key: the ledger fits, but an earlier key than this device's signed.
    """

    verdict: Paper
    utc: float
    records: int
    fingerprint: str
    doubts: tuple[Text, ...] = ()
    export: RegisterRow | None = None
    has_bag: bool = False
    other_key: bool = False


class VerifyDesk:
    """Holding one means: you may check what somebody brings. One thing at a time: a bag fills much memory."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._one = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Of this device's key, in hex."""
        return self._vault.device.fingerprint

    @property
    def room(self) -> int | None:
        """Bytes that a bag may have just now, so that the cameras' work does not run out of memory; None: not known here."""
        with suppress(OSError, ValueError):
            found = re.search(r"^MemAvailable:\s+(\d+) kB$", MEMORY.read_text("ascii"), re.MULTILINE)
            return None if found is None else int(found[1]) * 1024 // SHARE
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While something is brought and checked. Raises VerifierBusy."""
        if not self._one.acquire(blocking=False):
            raise VerifierBusy(
                ko="지금 다른 묶음을 검사하고 있습니다. 잠시 뒤에 다시 해 주세요.",
                en="Another bag is being checked just now. Please try again in a moment.",
            )
        try:
            yield
        finally:
            self._one.release()

    def bag(self, data: bytes, given: str, passphrase: str, identity: str = "") -> Judgement:
        """given: a report's code, or a fingerprint; "": nothing to compare with. identity: a line AGE-SECRET-KEY-1..."""
        opener = Opener((lambda: passphrase) if passphrase else None, (identity,) if identity else ())
        return verify_data(data, given or None, opener)

    def paper(self, text: str) -> PaperFinding:
        """The code of a report, as it was typed. Raises NotAnAnchor."""
        try:
            anchor, bag = read_anchor(text), bag_of_anchor(text)
        except ValueError as wrong:
            raise NotAnAnchor(
                ko="보고서의 코드가 아닙니다. ANSIM1:로 시작하는 글자를 끝까지 그대로 적어 주세요.",
                en="That is no code of a report. Type all of the text that begins with ANSIM1:.",
            ) from wrong
        return self._held_against(anchor, bag)

    def photo(self, data: bytes) -> PaperFinding:
        """A picture (JPEG or PNG) of a printed report. Raises NotAnAnchor, PhotoUnreadable."""
        found = codes_in(data)
        for text in found:
            try:
                return self._held_against(read_anchor(text), bag_of_anchor(text))
            except ValueError:
                continue
        if found:
            raise NotAnAnchor(
                ko="사진의 QR은 안심 보고서의 것이 아닙니다. 보고서 첫 장의 QR이 나오게 찍어 주세요.",
                en="The QR code in this picture is none of a report of Ansim. Photograph the one on the report.",
            )
        raise NotAnAnchor(
            ko="사진에서 QR을 찾지 못했습니다. 종이를 펴고, 밝은 곳에서, QR이 사진의 절반을 채우게 다시 찍어 주세요.",
            en="No QR code was found. Lay the paper flat, in good light, and let the code fill half of the picture.",
        )

    def _held_against(self, anchor: Checkpoint, bag: bytes | None) -> PaperFinding:
        fingerprint, other_key = hashlib.sha256(anchor.key).hexdigest(), anchor.key != self._vault.device.public
        if not is_signed(anchor, verify):
            return PaperFinding(Paper.FORGED, anchor.utc, anchor.size, fingerprint)
        doubts = self._doubts(anchor)
        verdict = Paper.HOLDS if not doubts else Paper.FOREIGN if other_key else Paper.CHANGED
        return PaperFinding(
            verdict=verdict,
            utc=anchor.utc,
            records=anchor.size,
            fingerprint=fingerprint,
            doubts=() if verdict is Paper.FOREIGN else tuple(doubt.text for doubt in doubts),
            export=None if bag is None else self._export(bag.hex()),
            has_bag=bag is not None,
            other_key=other_key and verdict is Paper.HOLDS,
        )

    def _doubts(self, anchor: Checkpoint) -> list[Doubt]:
        """What does not fit among the records that the anchor covers. It reads the whole ledger: seconds for a million."""
        return [doubt for doubt in doubts_of(self._vault.ledger_lines(), [anchor]) if doubt.first <= anchor.size]

    def _export(self, digest: str) -> RegisterRow | None:
        rows = self._vault.register(PAGE)
        while rows:
            found = next((row for row in rows if row.digest == digest), None)
            if found is not None:
                return found
            rows = self._vault.register(PAGE, rows[-1].seq)
        return None
