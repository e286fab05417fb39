"""All witnesses of one camera together: the empty-shop reference on every frame, the person detector when it is due.

Comes in: `RawFrame`s in the order of time. Goes out: `Findings` when every detector that was due has looked, else `Unseen`.
The person detector works in a thread of its own (`PeopleDesk`, shared by all cameras), so that one that hangs cannot stop
masking: after `late_s` the frame is Unseen, and all that differs from the reference is masked.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from agent.capture.raw import RawFrame
from agent.clock import Clock
from agent.detection.engine import Engine
from agent.detection.findings import Cells, Findings, Unseen, box_cells, cell_rows, filled_share, zone_cells
from agent.detection.reference import Difference, Reference
from agent.errors import ModelError
from agent.settings import DetectionSettings
from agent.values import Bag, Box, Person, Point, ViewFault
from agent.workers import Failure, Heartbeat, Stop, Worker, shielded

log = logging.getLogger(__name__)

BAGS_EVERY_S = 0.6  # a bag changes hands slowly; each look costs as much as one for people
WITNESS_S = 1.0  # a look of the person detector speaks for so long about where nobody is
IDLE_LOOK_S = 5.0  # how often the person detector looks at a shop in which nothing differs or moves

LIKELY = 0.25  # a detection from this score on keeps the reference from learning its place
MOSTLY_PRIVATE = 0.8  # so much of a person's box inside a privacy zone: somebody on the street
HALF = 0.5
SUPPORT = 0.40  # so much of a box must differ from the empty shop to bear out a hit that does not count alone
SPOILT = frozenset({ViewFault.COVERED, ViewFault.BLURRED, ViewFault.FROZEN})

Found = tuple[tuple[Person, ...], tuple[Box, ...]]


class LateError(Exception):
    """The detector did not answer in time; caught where frames are looked at, never shown."""


class PeopleDesk:
    """Runs the person and face detectors for all cameras, one frame at a time, in a thread of its own."""

    def __init__(self, engine: Engine, weak: float, clock: Clock) -> None:
        self._engine = engine
        self._weak = weak
        self._asked: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._overdue: Future[Any] | None = None
        self._worker = Worker("people", self._serve, clock)
        if self.staffed:
            self._worker.start()

    @property
    def staffed(self) -> bool:
        """Whether there is any detector besides the reference."""
        return self._engine.people is not None or self._engine.faces is not None

    @property
    def sees_people(self) -> bool:
        """Whether one of them finds people, and so is a second witness to where nobody is; a face detector alone is none."""
        return self._engine.people is not None

    @property
    def witness(self) -> float:
        """How far its silence is believed, 0 to 1: one that is not believed alone misses more people, too."""
        if not self.sees_people:
            return 0.0
        return 1.0 if self.alone <= 0 else HALF

    @property
    def alone(self) -> float:
        """From which score on a person counts by the detector's word alone; see `Engine`."""
        return self._engine.alone

    @property
    def sees_bags(self) -> bool:
        return self._engine.bags is not None

    def look(self, raw: RawFrame, patience_s: float) -> Found:
        """People and faces in `raw`. Raises LateError when that takes longer than `patience_s`, ModelError when it fails."""

        def look() -> Found:
            people = self._engine.people.look(raw, self._weak) if self._engine.people else ()
            return people, self._engine.faces.look(raw) if self._engine.faces else ()

        found: Found = self._ask(look, patience_s)
        return found

    def bags(self, raw: RawFrame, patience_s: float) -> tuple[Bag, ...]:
        """Bags in `raw`; none without a detector of them. Raises LateError, ModelError."""
        bags = self._engine.bags
        if bags is None:
            return ()
        found: tuple[Bag, ...] = self._ask(lambda: bags.look(raw), patience_s)
        return found

    def _ask(self, work: Callable[[], Any], patience_s: float) -> Any:
        overdue = self._overdue
        if overdue is not None and not overdue.done():
            raise LateError  # still at an earlier frame: nobody waits again for a detector that hangs
        future: Future[Any] = Future()
        self._asked.put((work, future))
        done, _ = wait((future,), patience_s)
        if not done:
            self._overdue = future
            raise LateError
        fault = future.exception()
        if fault is not None and not isinstance(fault, ModelError):
            raise ModelError(
                ko="사람 검출이 예기치 않게 멈췄습니다. 로그를 확인하고 프로그램을 다시 시작해 주세요.",
                en=f"The person detector failed unexpectedly ({type(fault).__name__}). See the log and restart the agent.",
            ) from fault
        return future.result()

    def close(self) -> None:
        self._worker.ask_stop()

    def _serve(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            try:
                work, future = self._asked.get(timeout=0.5)
            except queue.Empty:
                continue
            if future.set_running_or_notify_cancel():
                made = shielded(work)  # what went wrong is the caller's to judge; the desk stays open for the next frame
                if isinstance(made, Failure):
                    future.set_exception(made.error)
                else:
                    future.set_result(made)


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
        if not self._bags or 0 <= self._next_bags_s - raw.stamp.source_s <= BAGS_EVERY_S:
            return None
        self._next_bags_s = raw.stamp.source_s + BAGS_EVERY_S - 1e-3
        try:
            found = self._desk.bags(raw, self._late_s)
        except (LateError, ModelError) as failure:
            if not self._bags_failed:
                log.warning("bags are not looked for: %s", str(failure) or "the detector is late")
            self._bags_failed = True
            return None
        self._bags_failed = False
        return found

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
