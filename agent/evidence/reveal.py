"""Conducts a reveal: each step of the ceremony goes on the ledger before it is taken; pictures stay in memory.

Comes in: the words of people, the owner's passphrase. Goes out: `Revealed`: clips in memory that show the chosen people only,
to be handed to an export (agent.evidence.order), which encrypts them. What is on the ledger: who asked, approved, stopped,
tried a wrong passphrase, opened; and of each clip that was made its sha256, kind `reveal.rendered`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.clock import Clock
from agent.errors import AnsimError, ConfigError, IntegrityError
from agent.evidence.bag import BagFile
from agent.evidence.ceremony import COUNTDOWN_S, Ceremony, RevealRefused, RevealRequest, begin
from agent.evidence.order import ExportOrder
from agent.recording.revealed import NobodyShown, Rendering, render_revealed
from agent.recording.sealed import Envelope, disclose
from agent.settings import RecordingSettings
from agent.vault import SealedFile, Vault, layout
from agent.vault.bodies import Kind
from agent.vault.ledger import BadLine, parse
from agent.vault.owner_keys import KeyRefused, Unlocked
from agent.workers import Failure, shielded

_SEALED_KIND = Kind.SEALED.mark


@dataclass(frozen=True, slots=True)
class Revealed:
    """Holding one means: a ceremony was gone through, and these clips, on the ledger, may be handed over encrypted.

    name: of the file, as it stands on the ledger; frames, shown: how many frames it has, and how many show somebody.
    """

    name: str
    video: bytes = field(repr=False)
    sha256: str
    frames: int
    shown: int

    @property
    def bag_file(self) -> BagFile:
        """For ExportOrder.revealed."""
        return BagFile(self.name, self.video)


def order_of(request: RevealRequest, clips: Sequence[Revealed]) -> ExportOrder:
    """What was asked for, as the order under which the clips that came of it are handed over."""
    return ExportOrder(
        incident=request.incident,
        operator=request.by,
        purpose=request.reason,
        receiver=request.receiver,
        basis=request.basis,
        case=request.case,
        revealed=tuple(clip.bag_file for clip in clips),
    )


class Revealer:
    """Holding one means: you can lead somebody through reveal ceremonies. Used by one thread at a time."""

    def __init__(self, vault: Vault, recording: RecordingSettings, clock: Clock, countdown_s: float = COUNTDOWN_S) -> None:
        self._vault = vault
        self._recording = recording
        self._clock = clock
        self._countdown_s = countdown_s

    def persons(self, incident: str) -> tuple[int, ...]:
        """Numbers of the people in an incident's clips, as the panel shows them. Raises ConfigError, IntegrityError."""
        row = self._vault.incident(incident)
        if row is None:
            raise ConfigError(ko=f"사건({incident})을 찾을 수 없습니다.", en=f"There is no incident {incident}.")
        return tuple(sorted({track for clip in row.clips for track in self._vault.sidecar_of(clip).tracks}))

    def ask(self, request: RevealRequest) -> Ceremony:
        """Begin. Raises RevealRefused, ConfigError, StoreError."""
        ceremony = begin(request, self._clock.monotonic(), self._countdown_s)
        known = self.persons(request.incident)
        if not self._vault.sealed(request.incident):
            raise RevealRefused(
                ko="이 사건에는 봉인한 원본이 없습니다. 그때 주인 열쇠가 없었거나 보관 기간이 지났습니다.",
                en="This incident has no sealed original: there was no owner's key then, or its time is over.",
            )
        if not set(request.persons) <= set(known):
            numbers = ", ".join(map(str, known)) or "-"
            raise RevealRefused(
                ko=f"이 사건의 사람 번호가 아닙니다. 고를 수 있는 번호: {numbers}",
                en=f"Not numbers of people in this incident. There are: {numbers}",
            )
        self._note(ceremony, "asked", request.by)
        return ceremony

    def approve(self, ceremony: Ceremony, by: str) -> Ceremony:
        """`by` has just proved who they are. Raises RevealRefused, StoreError."""
        approved = ceremony.approve(by, self._clock.monotonic())
        self._note(ceremony, "approved", by)
        return approved

    def stop(self, ceremony: Ceremony, by: str) -> Ceremony:
        """Raises RevealRefused, StoreError."""
        stopped = ceremony.stop(self._clock.monotonic())
        self._note(ceremony, "stopped", by)
        return stopped

    def seconds_left(self, ceremony: Ceremony) -> float:
        """Of the countdown."""
        return ceremony.seconds_left(self._clock.monotonic())

    def unlock(self, ceremony: Ceremony, passphrase: str) -> Unlocked:
        """The owner's passphrase. A wrong one is on the ledger. Raises KeyRefused, StoreError."""
        try:
            return self._vault.owner_keys.unlock(passphrase)
        except KeyRefused:
            self._note(ceremony, "wrong passphrase", ceremony.request.by)
            raise

    def open(self, ceremony: Ceremony, unlocked: Unlocked) -> tuple[Ceremony, tuple[Revealed, ...]]:
        """Open the original and render it, once the countdown is over.

        Raises RevealRefused, KeyRefused, IntegrityError, NobodyShown, StoreError; then nothing was made, as the ledger says.
        """
        opening = ceremony.open(self._clock.monotonic())
        self._note(ceremony, "opened", ceremony.request.by)  # on the ledger first: what was opened was never opened in secret
        made = shielded(lambda: self._render(opening, unlocked))
        if isinstance(made, Failure):
            self._note(ceremony, "failed", ceremony.request.by)
            raise made.error
        for clip in made:
            body = ceremony.body("rendered", ceremony.request.by)
            told = {"file": clip.name, "sha256": clip.sha256, "bytes": len(clip.video), "frames": clip.frames}
            self._vault.record_reveal({**body, **told, "shown": clip.shown}, rendered=True)
        return opening.finish(self._clock.monotonic()), made

    def _render(self, ceremony: Ceremony, unlocked: Unlocked) -> tuple[Revealed, ...]:
        asked = ceremony.request
        stem = f"{asked.incident}-revealed-{layout.stamp(self._clock.utc())}"
        found = []
        nobody: AnsimError | None = None
        known = dict(_on_ledger(self._vault.ledger_lines(), asked.incident))
        for number, sealed in enumerate(self._vault.sealed(asked.incident), 1):
            if known.get(sealed.path) != (sealed.sha256, sealed.key_sha256):
                raise _changed()
            try:
                made = self._part(sealed, unlocked, asked.persons)
            except NobodyShown as none:  # perhaps in another part
                nobody = none
                continue
            name = f"{stem}.mp4" if number == 1 else f"{stem}.{number}.mp4"
            found.append(Revealed(name, made.video, made.sha256, made.frames, made.shown))
        if not found:
            raise nobody or _gone()
        return tuple(found)

    def _part(self, sealed: SealedFile, unlocked: Unlocked, persons: tuple[int, ...]) -> Rendering:
        path = self._vault.folder / sealed.path
        envelope = Envelope(_read(path, sealed.sha256), _read(layout.key_of(path), sealed.key_sha256))
        return render_revealed(disclose(envelope, unlocked), persons, self._recording)

    def _note(self, ceremony: Ceremony, step: str, by: str) -> None:
        self._vault.record_reveal(ceremony.body(step, by))


def _read(path: Path, sha256: str) -> bytes:
    """A file as it was stored: anybody can seal something else to the owner's public key. Raises IntegrityError."""
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise IntegrityError(
            ko="봉인한 원본이나 그 열쇠 파일을 읽을 수 없습니다. `ansim check`를 실행해 주세요.",
            en="The sealed original or the file of its key cannot be read. Run `ansim check`.",
        ) from wrong
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _changed()
    return data


def _on_ledger(lines: Iterable[bytes], incident: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(path, sha256 of the original and of its key) as the ledger itself has it: somebody could have changed the index."""
    for line in lines:
        if _SEALED_KIND in line and incident.encode() in line:
            try:
                record = parse(line)
            except BadLine:
                continue
            if record.kind == Kind.SEALED and record.body["incident"] == incident:
                yield record.body["path"], (record.body["sha256"], record.body["key_sha256"])


def _gone() -> RevealRefused:
    return RevealRefused(
        ko="봉인한 원본이 그사이에 지워졌습니다. 보관 기간이 끝났거나 저장 공간이 모자랐습니다. 아무것도 열지 않았습니다.",
        en="The sealed original was erased in the meantime: its time was over, or the space ran short. Nothing was opened.",
    )


def _changed() -> IntegrityError:
    return IntegrityError(
        ko="봉인한 원본이나 그 열쇠 파일이 원장의 기록과 다릅니다. `ansim check --deep`으로 확인해 주세요.",
        en="The sealed original or the file of its key is not what the ledger says. Run `ansim check --deep`.",
    )
