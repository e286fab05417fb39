"""Renders an incident's evidence clip with hindsight, from the camera's own packets in memory.

Comes in: a `ClipJob` (the incident, its packets, what the live pass saw). Goes out: a masked clip with poster and sidecar in
the vault, or the clip state LOST with a reason and an event; never silence. Steps:
    1 choose the frames: one in each slot of the recording's rate, where there is a choice one that the live pass saw
    2 second look: decode, and let the detectors look where they had not (left out when they had looked everywhere)
    3 plan all masks, with what is known before and after each frame
    4 decode again, mask, encode; the poster is taken in passing
    5 hand all of it to the vault
Decoding twice keeps one clear picture in memory at a time, however long the incident was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path
from typing import Protocol

from agent.capture.raw import RawFrame
from agent.capture.ring import RingCut
from agent.detection.findings import cell_rows, zone_cells
from agent.errors import AnsimError
from agent.masking.levels import Mask
from agent.masking.masked import MaskedFrame, apply_mask, blank_frame, stored_size
from agent.masking.plan import Care, Seen, plan_clip
from agent.recording.encoder import Encoder
from agent.recording.still import jpeg
from agent.settings import Polygon, Settings
from agent.values import ClipState, EventKind, FrameNote, FrameStamp, Incident, MaskStep, Sidecar, Text, TrackPoint
from agent.vault import FileKind, Vault
from agent.workers import Failure, shielded

log = logging.getLogger(__name__)

POSTER_WIDTH = 960  # pixels; two columns on a desktop, a whole phone
SAME_FRAME_S = 0.001
LATE_S = 1.0  # a clip that begins so much later than it should says so


class SecondLook(Protocol):
    """Looks at frames that the live pass had no time for."""

    def needs(self, live: Seen | None) -> bool:
        """Whether a frame of which the live pass knows `live` (None: it never saw it) is to be looked at again."""
        ...

    def look(self, raw: RawFrame, live: Seen | None) -> Seen:
        """All that can be known of `raw`; called in the order of time for the frames that need it. Must not keep `raw`."""
        ...


@dataclass(frozen=True, slots=True)
class ClipJob:
    """Everything that a clip is made from. cut: None when the ring no longer held that time.

    seen: what the live pass knew, in the order of time. from_s, to_s: the clip's time in seconds of the source.
    """

    incident: Incident
    cut: RingCut | None
    seen: tuple[Seen, ...]
    from_s: float
    to_s: float
    privacy: tuple[Polygon, ...] = ()


class ClipLost(AnsimError):
    """This clip cannot be made, and trying again would not help."""


@dataclass(slots=True)
class _Product:
    """What step 4 leaves: notes of the stored frames and the poster."""

    frames: list[FrameNote]
    poster: bytes


class EvidenceRenderer:
    """Holding one means: you can turn a ClipJob into a stored clip. Renders in the calling thread."""

    def __init__(
        self, vault: Vault, settings: Settings, second_look: SecondLook, on_event: Callable[[EventKind, Text], None]
    ) -> None:
        self._vault = vault
        self._settings = settings
        self._second_look = second_look
        self._on_event = on_event
        self.looked: Mapping[int, Seen] = {}  # what is known of the frames of the last clip, by their number
        self._blanked: set[str] = set()  # incidents with frames that could not be masked: each is told of once

    def render(self, job: ClipJob) -> bool:
        """Make and store the clip; False when it is lost: then that is on record, with the reason. Raises nothing."""
        self.looked = {}
        made = shielded(lambda: self._render(job))
        if not isinstance(made, Failure):
            return True
        error = made.error
        told = shielded(lambda: self._lost(job.incident, error))
        if isinstance(told, Failure):  # the vault is closed or does not answer; it calls the clip lost at the next start
            log.error("incident %s: its lost clip could not be entered: %s", job.incident.id, told.error)
        return False

    def _render(self, job: ClipJob) -> None:
        cut = job.cut
        chosen = () if cut is None else choose(cut.stamps(), job.seen, self._settings.recording.fps)
        if cut is None or not chosen:
            raise ClipLost(
                ko="그 시간의 카메라 영상이 메모리에 남아 있지 않아 증거 영상을 만들지 못했습니다.",
                en="The camera's pictures of that time were no longer in memory, so no evidence clip could be made.",
            )
        seen = self.looked = self._look_again(cut, chosen, job.seen)
        partial = self._vault.partial_path(FileKind.CLIP, job.incident.id, job.incident.opened_utc)
        try:
            product = self._write(job, cut, seen, partial)
            sidecar = Sidecar(job.incident.camera, tuple(product.frames), _paths(seen, product.frames))
            self._vault.store_clip(job.incident.id, partial, product.poster, sidecar)
            late_s = cut.from_s - max(job.from_s, 0.0)
            if late_s >= LATE_S:
                self._vault.set_clip_state(job.incident.id, ClipState.READY, _begins_late(late_s))
        finally:
            partial.unlink(missing_ok=True)  # stored, it has another name by now

    def _look_again(self, cut: RingCut, chosen: Sequence[FrameStamp], live: Iterable[Seen]) -> dict[int, Seen]:
        """What is known of each chosen frame, by its index."""
        known = {s.stamp.index: s for s in live}
        wanted = {stamp.index for stamp in chosen if self._second_look.needs(known.get(stamp.index))}
        seen = {s.index: known[s.index] for s in chosen if s.index not in wanted}
        if wanted:
            for raw in cut.decode(lambda stamp: stamp.index in wanted):
                index = raw.stamp.index
                seen[index] = self._second_look.look(raw, known.get(index))
                raw.drop()
        return {stamp.index: seen[stamp.index] for stamp in chosen if stamp.index in seen}

    def _write(self, job: ClipJob, cut: RingCut, seen: Mapping[int, Seen], partial: Path) -> _Product:
        recording = self._settings.recording
        cover = _poster_index(job.incident, seen.values())
        product = _Product([], b"")
        encoder: Encoder | None = None
        best: tuple[bool, bool] = (False, False)
        try:
            for raw, mask in self._masks(job, cut, seen):
                size = stored_size(raw.width, raw.height, recording.height) if encoder is None else encoder.size
                frame = self._masked(job.incident, raw, mask, size)
                if encoder is None:
                    encoder = Encoder(
                        partial, size, crf=recording.crf, fps=recording.fps, fragmented=False, full_range=frame.full_range
                    )
                encoder.write(frame)
                product.frames.append(FrameNote(frame.stamp.source_s, frame.stamp.utc, frame.step))
                worth = (frame.stamp.index == cover, frame.step is MaskStep.NORMAL)
                if not product.poster or worth > best:
                    product.poster, best = jpeg(frame, width=POSTER_WIDTH), worth
        except BaseException:
            if encoder is not None:
                encoder.drop()
            raise
        if encoder is None:
            raise ClipLost(
                ko="카메라 영상을 다시 풀 수 없어 증거 영상을 만들지 못했습니다.",
                en="The camera's pictures could not be decoded again, so no evidence clip could be made.",
            )
        encoder.close()
        return product

    def _masked(self, incident: Incident, raw: RawFrame, mask: Mask, size: tuple[int, int]) -> MaskedFrame:
        made = shielded(lambda: apply_mask(raw, mask, size))
        if not isinstance(made, Failure):
            return made
        raw.drop()
        if incident.id not in self._blanked:
            self._blanked.add(incident.id)
            log.error("incident %s: frames cannot be masked and are blank", incident.id, exc_info=made.error)
            text = Text(
                ko=f"사건 {incident.id}: 가리지 못한 장면이 있어 증거 영상에 빈 화면으로 넣었습니다. 로그를 확인해 주세요.",
                en=f"Incident {incident.id}: some frames could not be masked and are blank in its clip. See the log.",
            )
            self._on_event(EventKind.MASKING_FAILED, text)
        return blank_frame(raw.stamp, size, full_range=raw.full_range)

    def _masks(self, job: ClipJob, cut: RingCut, seen: Mapping[int, Seen]) -> Iterator[tuple[RawFrame, Mask]]:
        """Each frame of the clip with its mask. Masks are planned once the picture's shape is known, anew when it changes."""
        shapes: dict[int, dict[int, Mask]] = {}
        for raw in cut.decode(lambda stamp: stamp.index in seen):
            rows = cell_rows(raw.width, raw.height)
            if rows not in shapes:
                shapes[rows] = self._plan(job, seen, rows)
            mask = shapes[rows].get(raw.stamp.index)
            if mask is None:
                raw.drop()
            else:
                yield raw, _for_frame(mask, raw.stamp)

    def _plan(self, job: ClipJob, seen: Mapping[int, Seen], rows: int) -> dict[int, Mask]:
        alike = [s for s in seen.values() if s.findings.changed is None or s.findings.changed.shape[0] == rows]
        care = Care(self._settings.masking.margin, self._settings.masking.look_ahead_s, self._settings.detection.weak)
        masks = plan_clip(alike, frozenset(job.incident.tracks), rows, zone_cells(job.privacy, rows), care)
        return {s.stamp.index: mask for s, mask in zip(alike, masks, strict=True)}

    def _lost(self, incident: Incident, error: Exception) -> None:
        expected = isinstance(error, AnsimError)  # a full disk, say: its sentence is all that there is to know
        log.error("incident %s: no evidence clip: %s", incident.id, error, exc_info=None if expected else error)
        why = (
            error.text
            if isinstance(error, AnsimError)
            else Text(ko="증거 영상을 만드는 중에 오류가 났습니다.", en="Making the evidence clip failed.")
        )
        reason = Text(
            ko=f"{why.ko} 사람이 보이는 동안의 녹화는 그대로 남아 있습니다.",
            en=f"{why.en} What was recorded while somebody was in view remains.",
        )
        self._vault.set_clip_state(incident.id, ClipState.LOST, reason)
        self._on_event(
            EventKind.CLIP_LOST,
            Text(ko=f"사건 {incident.id}: {reason.ko}", en=f"Incident {incident.id}: {reason.en}"),
        )


def choose(stamps: Sequence[FrameStamp], live: Iterable[Seen], fps: float) -> tuple[FrameStamp, ...]:
    """At most one frame in each slot of 1/fps seconds (as in `FrameGrid`): the first that the live pass saw, else the first."""
    known = {s.stamp.index for s in live}
    slots: dict[int, FrameStamp] = {}
    for stamp in stamps:
        slot = floor(stamp.source_s * fps + 0.5)
        held = slots.get(slot)
        if held is None or (stamp.index in known and held.index not in known):
            slots[slot] = stamp
    return tuple(slots.values())


def _begins_late(seconds: float) -> Text:
    return Text(
        ko=f"이 영상은 {seconds:.0f}초 늦게 시작합니다. 그 앞의 화면은 메모리에 남아 있지 않았습니다. "
        "같은 시간의 녹화를 봐 주세요.",
        en=f"This clip begins {seconds:.0f} s late: the pictures before were not in memory any more. "
        "See the recording of that time.",
    )


def _for_frame(mask: Mask, stamp: FrameStamp) -> Mask:
    """The mask under the stamp that decoding gave now. The index says that it is the same packet; anything else stays stale."""
    planned = mask.stamp
    same = (planned.camera, planned.index) == (stamp.camera, stamp.index)
    return replace(mask, stamp=stamp) if same and abs(planned.source_s - stamp.source_s) <= SAME_FRAME_S else mask


def _poster_index(incident: Incident, seen: Iterable[Seen]) -> int | None:
    """The frame within the incident in which its subjects are largest; without subjects in view the middle one."""
    end = incident.closed_s if incident.closed_s is not None else float("inf")
    during = [s for s in seen if incident.opened_s <= s.stamp.source_s <= end]
    if not during:
        return None

    def shown(s: Seen) -> float:
        return sum(t.box.clipped().area for t in s.tracks if t.id in incident.tracks and t.seen)

    largest = max(during, key=shown)
    return (largest if shown(largest) > 0 else during[len(during) // 2]).stamp.index


def _paths(seen: Mapping[int, Seen], frames: Iterable[FrameNote]) -> dict[int, tuple[TrackPoint, ...]]:
    stored = {note.source_s for note in frames}
    paths: dict[int, list[TrackPoint]] = {}
    for s in seen.values():
        if s.stamp.source_s in stored:
            for track in s.tracks:
                paths.setdefault(track.id, []).append(TrackPoint(s.stamp.source_s, track.box, track.seen))
    return {number: tuple(points) for number, points in sorted(paths.items())}
