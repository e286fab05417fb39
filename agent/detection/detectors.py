"""All witnesses of one camera together: the empty-shop reference on every frame, the person detector when it is due.

Comes in: `RawFrame`s in the order of time. Goes out: `Findings` when every detector that was due has looked, else `Unseen`.
The person detector works in a thread of its own (`agent.detection.desk`, shared by all cameras), so that one that hangs cannot
stop masking: after `late_s` the frame is Unseen, and all that differs from the reference is masked.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from agent.capture.raw import RawFrame
from agent.detection.desk import LateError, PeopleDesk
from agent.detection.findings import Cells, Findings, Unseen, box_cells, cell_rows, filled_share, zone_cells
from agent.detection.reference import Difference, Reference
from agent.errors import ModelError
from agent.settings import DetectionSettings
from agent.values import Bag, Box, Person, Point, ViewFault

__all__ = ["Detectors", "LateError", "PeopleDesk", "Seeing", "believed", "blob_boxes", "people_cells"]

log = logging.getLogger(__name__)

BAGS_EVERY_S = 0.6  # a bag changes hands slowly; each look costs as much as one for people
BAGS_PATIENCE = 0.25  # of what one waits for the person detector: no mask depends on bags, so no frame waits long for them
BAGS_REST_S = 60.0  # so long nobody asks again for bags after the answer took too long
WITNESS_S = 1.0  # a look of the person detector speaks for so long about where nobody is
IDLE_LOOK_S = 5.0  # how often the person detector looks at a shop in which nothing differs or moves

LIKELY = 0.25  # a detection from this score on keeps the reference from learning its place
MOSTLY_PRIVATE = 0.8  # so much of a person's box inside a privacy zone: somebody on the street
SUPPORT = 0.40  # so much of a box must differ from the empty shop to bear out a hit that does not count alone
SPOILT = frozenset({ViewFault.COVERED, ViewFault.BLURRED, ViewFault.FROZEN})


@dataclass(frozen=True, slots=True)
class Seeing:
    """What came of looking at one frame: the findings, the difference behind them, and the detector's fault if it had one."""

    findings: Findings | Unseen
    difference: Difference
    fault: ModelError | None


class Detectors:
    """Holding one means: you watch one camera with every witness in force."""

    def __init__(
        self,
        desk: PeopleDesk,
        settings: DetectionSettings,
        late_s: float,
        privacy: Sequence[Sequence[Point]] = (),
        *,
        bags: bool = False,
    ) -> None:
        """privacy: polygons that are filled in any case; what happens in them (a street behind a window) is left out.

        bags: whether to look for what people carry, where there is a detector for it.
        """
        self._bags = bags and desk.sees_bags
        self._next_bags_s = 0.0
        self._bags_failed = False
        self._desk = desk
        self._privacy = privacy
        self._zone: tuple[int, Cells | None] = (0, None)
        self._settings = settings
        self._late_s = late_s
        self.reference = Reference()
        self._next_look_s = 0.0
        self._trusted = True
        self._people: tuple[Person, ...] = ()
        self._looked_s = float("-inf")

    def look(self, raw: RawFrame, *, somebody: bool) -> Seeing:
        """Look at `raw`. somebody: whether a track is alive, so that the person detector keeps looking where nothing moves."""
        difference = self._outside(self.reference.look(raw))
        blobs = blob_boxes(difference.changed)
        stir = somebody or bool(blobs) or difference.changed is None or bool(difference.moving.any())
        people: tuple[Person, ...] = ()
        faces: tuple[Box, ...] = ()
        looked, fault, reason = False, None, "late"
        if self._due(raw.stamp.source_s, stir=stir):
            try:
                people, faces = self._desk.look(raw, self._late_s)
                people = self._inside_shop(believed(people, difference.changed, self._desk.alone), len(difference.moving))
                looked = self._trusted = True
                self._people, self._looked_s = people, raw.stamp.source_s
            except LateError:
                self._trusted = False
            except ModelError as failure:
                self._trusted, fault, reason = False, failure, "failed"
        if not self._trusted:
            unseen = Unseen(raw.stamp, reason, difference.changed, blobs)
            return Seeing(unseen, difference, fault)
        bags = self._carried(raw) if looked and people else None
        found = Findings(raw.stamp, people, faces, difference.changed, difference.moving, looked, blobs, bags)
        return Seeing(found, difference, None)

    def _carried(self, raw: RawFrame) -> tuple[Bag, ...] | None:
        """Bags, when it is time to look for them. No mask depends on them, so a failure is told once and costs nothing else."""
        now_s = raw.stamp.source_s
        if not self._bags or 0 <= self._next_bags_s - now_s <= BAGS_REST_S:
            return None
        self._next_bags_s = now_s + BAGS_EVERY_S - 1e-3
        try:
            return self._desk.bags(raw, BAGS_PATIENCE * self._late_s)
        except LateError:
            self._next_bags_s = now_s + BAGS_REST_S
            self._without_bags("the detector is late")
        except ModelError as failure:
            self._without_bags(str(failure))
        return None

    def _without_bags(self, why: str) -> None:
        if not self._bags_failed:
            log.warning("bags are not looked for: %s", why)
        self._bags_failed = True

    def learn(self, raw: RawFrame, faults: Collection[ViewFault] = ()) -> None:
        """Let the reference learn from the frame just looked at, except where the person detector saw somebody last.

        faults: of the view; a covered lens must not become the empty shop.
        """
        if not SPOILT.isdisjoint(faults):
            self.reference.skip(raw.stamp.source_s)
            return
        rows = cell_rows(raw.width, raw.height)
        alone, weak = self._desk.alone, self._settings.weak
        likely = people_cells(self._people, rows, max(LIKELY, alone), around=4)
        perhaps = people_cells(self._people, rows, max(weak, alone), around=6)
        witnessed = self._desk.sees_people and raw.stamp.source_s - self._looked_s <= WITNESS_S
        doubted = people_cells(self._people, rows, weak, around=6) if alone > weak else None
        self.reference.learn(raw.stamp.source_s, likely, perhaps, doubted, witness=self._desk.witness if witnessed else 0.0)

    def again(self, raw: RawFrame, findings: Findings | Unseen) -> Findings | Unseen:
        """What is known by now of a frame that was blind when it came: the empty shop may have been learnt since.

        Only where a person detector has looked all the while. Without this second witness a blind frame stays blind: what was
        learnt since may hold somebody who stood still.
        """
        if findings.changed is not None or isinstance(findings, Unseen) or not (self._trusted and self._desk.sees_people):
            return findings
        shop = self.reference.empty_shop()
        if shop is None or not shop.fits(raw):
            return findings
        changed, zone = shop.changed(raw), self.zone(len(findings.moving))
        if zone is not None:
            changed = changed & ~zone
        return replace(findings, changed=changed, blobs=blob_boxes(changed))

    def zone(self, rows: int) -> Cells | None:
        """Cells of the privacy zones in a picture of so many cell rows; None without any."""
        if self._zone[0] != rows:
            self._zone = (rows, zone_cells(self._privacy, rows))
        return self._zone[1]

    def _outside(self, difference: Difference) -> Difference:
        """The difference with the privacy zones left out: they are filled anyway, and must neither record nor alarm."""
        zone = self.zone(len(difference.moving))
        if zone is None:
            return difference
        changed = None if difference.changed is None else difference.changed & ~zone
        return replace(difference, changed=changed, moving=difference.moving & ~zone)

    def _inside_shop(self, people: tuple[Person, ...], rows: int) -> tuple[Person, ...]:
        zone = self.zone(rows)
        if zone is None:
            return people
        return tuple(person for person in people if filled_share(zone, person.box) < MOSTLY_PRIVATE)

    def _due(self, source_s: float, *, stir: bool) -> bool:
        if not self._desk.staffed:
            return False
        if not self._trusted:  # keep asking: the first good answer ends the closed-failure step
            return True
        if source_s < self._next_look_s and not (stir and self._next_look_s - source_s > 1.0 / self._settings.people_fps):
            return False
        self._next_look_s = source_s + (1.0 / self._settings.people_fps if stir else IDLE_LOOK_S) - 1e-3
        return True


def believed(people: tuple[Person, ...], changed: Cells | None, alone: float) -> tuple[Person, ...]:
    """The people without those whom a detector that is not to be believed alone saw where nothing differs from the empty shop.

    changed: cells that differ or are not known, None: nothing is known and everybody counts. alone: see `Engine`. Where the
    picture is as it is without anybody, a weak hit is furniture; whoever differs from it is masked by the reference anyway.
    """
    if changed is None or alone <= 0:
        return people
    return tuple(person for person in people if person.score >= alone or filled_share(changed, person.box) >= SUPPORT)


def people_cells(people: tuple[Person, ...], rows: int, least: float, around: int) -> Cells | None:
    """Cells under the people with score >= least, their boxes widened by a part of their size: an `around`-th of the width and
    half as much of the height, on each side. None where there are none.

    Of an empty shop that is known, only likely people keep their place from being learnt: weaker hits are masked while they
    last, but a chair that is taken for somebody now and then must not stay unknown for ever. While nothing is known yet,
    every hit counts.
    """
    boxes = [p.box.grown(p.box.width / around, p.box.height / around / 2) for p in people if p.score >= least]
    return box_cells(boxes, rows) if boxes else None


def blob_boxes(changed: Cells | None) -> tuple[Box, ...]:
    """Boxes of the connected regions, largest first."""
    if changed is None or not changed.any():
        return ()
    rows, columns = changed.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8), connectivity=8)
    found = sorted(((int(s[4]), s) for s in stats[1:]), key=lambda pair: -pair[0])
    return tuple(
        Box(float(x / columns), float(y / rows), float((x + w) / columns), float((y + h) / rows))
        for _, (x, y, w, h, _a) in found
    )
