"""How much each person's movements look as if goods were hidden: a hand at pocket or waistband, or both hands at a bag. Pure.

Comes in: the tracks of one camera with their keypoints, look by look, and the bags that a detector saw, where there is one.
Goes out: per track a `Concealment`, judged twice a second over the last six seconds; it ranks and explains.

Two small scores, the higher one counts (models/concealment.card.md says how they were learned and what they miss):
- the arm: a network of one hidden layer on each quarter of a second of each hand, on the mean of its last second and of the
  two seconds before; its verdicts are averaged over two seconds, so that one odd look is no act;
- the bag: how surely both hands are at one bag before the body, over the last looks for bags.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from agent.detection.findings import Findings
from agent.detection.tracker import Tracker
from agent.incidents.arms import NAMES, Array, arm_features, grid_times, hands_at_bag, on_grid, trailing_mean
from agent.settings import Zone
from agent.values import Bag, Concealment, FrameStamp, Keypoint, Person, Text, Track

WIDE = 16 / 9  # the usual picture; whoever knows the real one says so
WINDOW_S = 6.0
EVERY_S = 0.5
GAP_S = 1.5  # somebody unseen for longer is judged anew: what happened in between is not known
LEAST_S, LEAST_LOOKS = 1.5, 4
OFTEN_S = 0.09  # looks that follow each other sooner add work and no knowledge
JUMP = 4.0  # torsos a second, and one at once: whoever jumps farther is somebody else
BAG_S, BAG_LOOKS = 2.2, 3
TRUNK = [5, 6, 11, 12]  # shoulders and hips, of the COCO points
NOTHING = -math.inf

Look = tuple[float, tuple[Person, ...], tuple[Bag, ...] | None]


@dataclass(frozen=True, slots=True)
class ConcealmentModel:
    """Trained numbers, none of them a picture or a pose.

    inner (len(NAMES), h), bias (h,): the hidden layer. now, before (h,), offset: its weights over the last second and the two
    before. now_steps, before_steps, pool: lengths on the grid. arm, bag: (slope, offset) from the two raw scores to log odds.
    marked: from this score on a clip is called a theft; alarm: from this one on the model's makers would raise an alarm.
    """

    inner: Array
    bias: Array
    now: Array
    before: Array
    offset: float
    now_steps: int
    before_steps: int
    pool: int
    arm: tuple[float, float]
    bag: tuple[float, float]
    marked: float
    alarm: float

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """From plain numbers as models/concealment.json holds them. Raises ValueError where they do not fit together."""
        try:
            if tuple(plain["inputs"]) != NAMES:
                raise ValueError("the model was trained on other inputs than this version measures")
            model = cls(
                inner=np.array(plain["inner"], np.float64),
                bias=np.array(plain["bias"], np.float64),
                now=np.array(plain["now"], np.float64),
                before=np.array(plain["before"], np.float64),
                offset=float(plain["offset"]),
                now_steps=int(plain["now_steps"]),
                before_steps=int(plain["before_steps"]),
                pool=int(plain["pool"]),
                arm=(float(plain["arm"][0]), float(plain["arm"][1])),
                bag=(float(plain["bag"][0]), float(plain["bag"][1])),
                marked=float(plain["marked"]),
                alarm=float(plain["alarm"]),
            )
        except (KeyError, TypeError, IndexError) as fault:
            raise ValueError(f"not a concealment model: {fault!r}") from fault
        hidden = model.bias.shape
        fits = model.inner.shape == (len(NAMES), *hidden) and model.now.shape == model.before.shape == hidden
        finite = all(np.isfinite(part).all() for part in (model.inner, model.bias, model.now, model.before))
        if not fits or not finite or min(model.now_steps, model.before_steps, model.pool) < 1:
            raise ValueError("the numbers of the concealment model do not fit together")
        return model

    def moments(self, features: Array) -> Array:
        """Log odds (m,) per grid step that some hand is at pocket or waistband, for `arm_features` (m, 2, ...)."""
        hidden = np.maximum(features @ self.inner + self.bias, 0.0)
        now = trailing_mean(hidden, self.now_steps)
        before = np.concatenate((np.repeat(now[:1], self.now_steps, 0), trailing_mean(hidden, self.before_steps)))[: len(now)]
        before[: self.now_steps] = hidden[:1]
        odds = now @ self.now + before @ self.before + self.offset
        return np.asarray(np.logaddexp(2 * odds[:, 0], 2 * odds[:, 1]) / 2 - math.log(2) / 2, dtype=np.float64)

    def arm_odds(self, moments: Array) -> float:
        """Log odds at the last step: the mean over the last `pool` steps, of which those that are missing speak against it."""
        last = moments[-self.pool :]
        raw = (float(last.sum()) - 4.0 * (self.pool - len(last))) / self.pool
        return self.arm[0] * raw + self.arm[1]

    def bag_odds(self, held: Sequence[float]) -> float:
        """Log odds for the last looks for bags, each from `hands_at_bag`; one look alone says nothing."""
        if len(held) < 2:
            return NOTHING
        return self.bag[0] * (sum(held) / max(len(held), BAG_LOOKS)) + self.bag[1]


@dataclass(slots=True)
class _Person:
    """The last seconds of one track."""

    times: deque[float] = field(default_factory=deque)
    points: deque[Array] = field(default_factory=deque)
    held: deque[tuple[float, float]] = field(default_factory=deque)
    judged_s: float = -math.inf
    verdict: Concealment | None = None

    def forget(self) -> None:
        self.times.clear()
        self.points.clear()
        self.held.clear()
        self.verdict = None

    def add(self, source_s: float, points: Array) -> None:
        if self.times and (source_s - self.times[-1] > GAP_S or _jumped(self.points[-1], points, source_s - self.times[-1])):
            self.forget()
        self.times.append(source_s)
        self.points.append(points)
        while source_s - self.times[0] > WINDOW_S:
            self.times.popleft()
            self.points.popleft()

    @property
    def enough(self) -> bool:
        return len(self.times) >= LEAST_LOOKS and self.times[-1] - self.times[0] >= LEAST_S


class ConcealmentWatch:
    """Holding one means: you watch what the hands of one camera's people do."""

    def __init__(self, model: ConcealmentModel) -> None:
        self._model = model
        self._people: dict[int, _Person] = {}
        self._now_s = -math.inf

    def step(
        self,
        source_s: float,
        tracks: Sequence[Track],
        zones: Sequence[Zone] = (),  # noqa: ARG002  # a hand at the shelf is the visits' matter; this judges the hand at the body
        bags: Sequence[Bag] | None = None,
        aspect: float = WIDE,
    ) -> Mapping[int, Concealment]:
        """The score of each track that has been seen long enough, keyed by its id.

        bags: what the detector of bags saw in this frame; None: it did not look. aspect: picture width / height. Tracks without
        keypoints in this frame keep their last score. A clock that runs backwards begins anew.
        """
        if not math.isfinite(source_s):
            return {}
        if source_s < self._now_s:
            self._people.clear()
        self._now_s = source_s
        carried = None if bags is None else _carried(bags, aspect)
        for track in tracks:
            if len(track.keypoints) == 17:
                self._look(self._people.setdefault(track.id, _Person()), source_s, _points(track.keypoints, aspect), carried)
        for gone in [one for one, person in self._people.items() if source_s - person.times[-1] > WINDOW_S]:
            del self._people[gone]
        shown = {track.id for track in tracks}
        return {one: person.verdict for one, person in self._people.items() if person.verdict is not None and one in shown}

    def _look(self, person: _Person, source_s: float, points: Array, carried: Array | None) -> None:
        if person.times and source_s - person.times[-1] < (OFTEN_S if carried is None else 1e-9):
            return
        person.add(source_s, points)
        if carried is not None:
            person.held.append((source_s, hands_at_bag(points, carried)))
        while person.held and (len(person.held) > BAG_LOOKS or source_s - person.held[0][0] > BAG_S):
            person.held.popleft()
        if person.enough and source_s - person.judged_s >= EVERY_S - 1e-6:
            person.judged_s = source_s
            person.verdict = self._judge(person)

    def _judge(self, person: _Person) -> Concealment:
        times = np.array(person.times)
        grid = grid_times(times)
        moments = self._model.moments(arm_features(on_grid(times, np.array(person.points), grid)))
        arm = self._model.arm_odds(moments)
        bag = self._model.bag_odds([value for _, value in person.held])
        now_s = float(times[-1])
        if bag > arm:
            return Concealment(_share(bag), person.held[0][0], now_s, BAG, self._model.alarm)
        quiet = np.flatnonzero(moments <= 0)
        began = float(grid[min(quiet[-1] + 1, len(grid) - 1)]) if len(quiet) else float(grid[0])
        return Concealment(_share(arm), min(began, now_s - min(1.0, now_s - float(grid[0]))), now_s, POCKET, self._model.alarm)


def clip_score(model: ConcealmentModel, looks: Iterable[Look], aspect: float = WIDE) -> tuple[float, float]:
    """The highest score of anybody in a recording and the second in which it was reached; (0, 0) where nobody could be judged.

    looks: in the order of time (seconds, people, bags; None where nobody looked for bags). People are followed by the agent's
    own tracker, so nothing but looks is needed.
    """
    tracker, watch = Tracker("clip"), ConcealmentWatch(model)
    best = (0.0, 0.0)
    for number, (source_s, people, bags) in enumerate(looks):
        stamp = FrameStamp("clip", number, source_s, source_s)
        tracks = tracker.step(Findings(stamp, people, (), None, np.zeros((8, 96), bool), looked=True))
        for seen in watch.step(source_s, tracks, (), bags, aspect).values():
            best = max(best, (seen.score, seen.at_s), key=lambda pair: pair[0])
    return best


def _points(keypoints: Sequence[Keypoint], aspect: float) -> Array:
    """(17, 3) with x in picture heights; a point that a detector left at (0, 0) stays there."""
    return np.array([(point.x * aspect, point.y, point.score) for point in keypoints], np.float64)


def _carried(bags: Sequence[Bag], aspect: float) -> Array:
    rows = [(bag.box.left * aspect, bag.box.top, bag.box.right * aspect, bag.box.bottom, bag.score) for bag in bags]
    return np.array(rows, np.float64).reshape(-1, 5)


def _jumped(before: Array, after: Array, span_s: float) -> bool:
    """Whether the torso moved farther than a person can; a torso that was not seen has not jumped."""
    was, now = _torso(before), _torso(after)
    if was is None or now is None:
        return False
    return math.hypot(now[0] - was[0], now[1] - was[1]) > max(was[2], now[2]) * (1 + JUMP * span_s)


def _torso(points: Array) -> tuple[float, float, float] | None:
    """Its middle and length, or None where one of its corners was not seen."""
    (a, b, _), (c, d, _), (e, f, _), (g, h, _) = points[TRUNK].tolist()
    middle_x, middle_y, length = (a + c + e + g) / 4, (b + d + f + h) / 4, math.hypot(a + c - e - g, b + d - f - h) / 2
    if not math.isfinite(middle_x + middle_y + length) or not length or (0.0, 0.0) in ((a, b), (c, d), (e, f), (g, h)):
        return None
    return middle_x, middle_y, length


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


POCKET = Text(
    ko="손이 주머니나 허리춤에 물건을 넣는 듯이 머물렀습니다.",
    en="A hand stayed at a pocket or the waistband as if it put something in.",
)
BAG = Text(
    ko="두 손으로 가방을 앞에 들고 물건을 넣는 듯했습니다.",
    en="Both hands were at a bag before the body as if something went in.",
)
