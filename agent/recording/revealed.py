"""Renders an opened original with chosen people shown and everybody else hidden, in memory from beginning to end.

Comes in: an `Original`, numbers of people. Goes out: a `Rendering`. Closed on failure: a frame shows somebody only in cells
that were surely theirs alone when the evidence clip was planned (agent.masking.owners); what cannot be masked is blank. Frames
that the evidence clip does not show were never planned, and are left out. What comes out shows people, though its frames have
gone through the same masking as all others: it must reach the disk encrypted only.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial

from agent.errors import AnsimError
from agent.masking.levels import Mask
from agent.masking.masked import apply_mask, blank_frame
from agent.recording.evidence import SAME_FRAME_S
from agent.recording.memory_video import MemoryVideo
from agent.recording.original import Original
from agent.settings import RecordingSettings
from agent.values import FrameStamp
from agent.workers import Failure, shielded

log = logging.getLogger(__name__)


class NobodyShown(AnsimError):
    """None of the chosen people can be shown alone in any frame: nothing was rendered."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """video: an MP4 file that shows the chosen people. frames: how many it has; shown: in how many somebody is shown; blank:
    how many could not be masked and show nothing."""

    video: bytes = field(repr=False)
    frames: int
    shown: int
    blank: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.video).hexdigest()


def render_revealed(original: Original, persons: Collection[int], settings: RecordingSettings) -> Rendering:
    """In full size, at the evidence clip's rate. Raises NobodyShown, SourceUnsupported."""
    masks = {index: one.shown(persons) for index, one in original.owned.items()}
    shown = {index for index, mask in masks.items() if (mask.levels != original.owned[index].mask.levels).any()}
    if not shown:
        raise NobodyShown(
            ko="고른 사람을 다른 사람과 확실히 구분할 수 있는 장면이 없어 만들지 않았습니다.",
            en="In no frame can the chosen people be told surely from everybody else, so nothing was rendered.",
        )
    video: MemoryVideo | None = None
    blank = seen = 0
    for raw in original.cut.decode(lambda stamp: stamp.index in masks):
        stamp, full_range = raw.stamp, raw.full_range
        if video is None:
            video = MemoryVideo((raw.width, raw.height), crf=settings.crf, fps=settings.fps, full_range=full_range)
        mask, size = _for_frame(masks[stamp.index], stamp), video.size
        made = shielded(partial(apply_mask, raw, mask, size))
        if isinstance(made, Failure):
            raw.drop()
            log.error("a frame cannot be masked and is blank: %s", made.error)
            blank, made = blank + 1, blank_frame(stamp, size, full_range=full_range)
        else:
            seen += stamp.index in shown
        video.write(made)
    if video is None or not seen:
        raise NobodyShown(
            ko="봉인한 원본을 다시 풀 수 없어 만들지 못했습니다.",
            en="The original could not be decoded, so nothing was rendered.",
        )
    return Rendering(video.close(), video.frames, seen, blank)


def _for_frame(mask: Mask, stamp: FrameStamp) -> Mask:
    """The mask under the stamp that decoding gave now; if that is another frame's, it stays stale and the frame goes blank."""
    planned = mask.stamp
    same = (planned.camera, planned.index) == (stamp.camera, stamp.index)
    return replace(mask, stamp=stamp) if same and abs(planned.source_s - stamp.source_s) <= SAME_FRAME_S else mask
