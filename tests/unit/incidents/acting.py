"""Written-out people for tests of rules and engine: where somebody is at which second, and when they are hidden."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.incidents.engine import Change, IncidentEngine
from agent.incidents.scene import Scene
from agent.settings import Zone
from agent.values import Alteration, AlterationKind, Box, FrameStamp, Keypoint, Point, Track, TrackPoint, ViewFault

START_UTC = 1_795_270_000.0
STEP_S = 0.25


def stamp(at_s: float) -> FrameStamp:
    return FrameStamp("cam", round(at_s / STEP_S), at_s, START_UTC + at_s)


def area(name: str, kind: str, left: float, right: float) -> Zone:
    """A zone over the whole height of the picture."""
    return Zone(name, kind, (Point(left, 0.0), Point(right, 0.0), Point(right, 1.0), Point(left, 1.0)))  # type: ignore[arg-type]


def block(name: str, kind: str, left: float, top: float, right: float, bottom: float) -> Zone:
    """A zone that is an upright rectangle."""
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return Zone(name, kind, corners)  # type: ignore[arg-type]


def body(box: Box, wrist: Point | None = None) -> tuple[Keypoint, ...]:
    """The body points of somebody upright who fills the box; the wrists hang at the hips, or one is at `wrist`."""
    x, top, height = box.centre.x, box.top, box.height
    heights = (0.08, 0.06, 0.06, 0.07, 0.07, 0.2, 0.2, 0.35, 0.35, 0.5, 0.5, 0.52, 0.52, 0.75, 0.75, 0.97, 0.97)
    points = [Keypoint(x, top + share * height, 0.9) for share in heights]
    if wrist is not None:
        points[10] = Keypoint(wrist.x, wrist.y, 0.9)
    return tuple(points)


def flat(box: Box) -> tuple[Keypoint, ...]:
    """The body points of somebody who lies across the picture and fills the box."""
    shares = (0.05, 0.04, 0.04, 0.06, 0.06, 0.2, 0.2, 0.35, 0.35, 0.5, 0.5, 0.52, 0.52, 0.75, 0.75, 0.97, 0.97)
    return tuple(Keypoint(box.left + share * box.width, box.centre.y, 0.9) for share in shares)


def change(number: int, kind: AlterationKind, at_s: float, *tracks: int, **more: object) -> Alteration:
    """Something that was found different at `at_s`, three seconds after it was last seen as it had been."""
    given = {"box": Box(0.3, 0.4, 0.4, 0.5), "area": 0.01, "share": 0.05, "since_s": at_s - 3.0} | more
    return Alteration(number, kind, at_s=at_s, tracks=tracks, **given)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Actor:
    """Follows `way`, points of (second, x of the feet), straight between them, and is gone before and after.

    shaped: gives the box that is seen in place of the upright one at a second; points: gives the body points there.
    """

    id: int
    way: Sequence[tuple[float, float]]
    by: str = "person"
    height: float = 0.5
    hidden: Sequence[tuple[float, float]] = ()  # seconds in which it is only predicted
    foot: float = 0.9
    wobble: float = 0.0
    shaped: Callable[[float, Box], Box] | None = None
    points: Callable[[float, Box], tuple[Keypoint, ...]] | None = None
    _points: list[TrackPoint] = field(default_factory=list)  # the path as far as it was asked for

    def box(self, at_s: float) -> Box:
        x = self.way[0][1]
        for (t0, x0), (t1, x1) in zip(self.way, self.way[1:], strict=False):
            if t0 <= at_s <= t1:
                x = x0 + (x1 - x0) * (at_s - t0) / (t1 - t0)
        x += self.wobble * (round(at_s / STEP_S) % 8 == 0)
        upright = Box(x - 0.05, self.foot - self.height, x + 0.05, self.foot)
        return self.shaped(at_s, upright) if self.shaped else upright

    def seen(self, at_s: float) -> bool:
        return not any(start <= at_s < end for start, end in self.hidden)

    def track(self, at_s: float) -> Track | None:
        begin, end = self.way[0][0], self.way[-1][0]
        if not begin <= at_s <= end:
            return None
        steps = int((at_s - begin) / STEP_S) + 1
        for t in (begin + n * STEP_S for n in range(len(self._points), steps)):
            self._points.append(TrackPoint(t, self.box(t), self.seen(t)))
        path = tuple(self._points[max(0, steps - 2400) : steps])
        last = next((p.source_s for p in reversed(path) if p.seen), begin)
        box, seen = self.box(at_s), self.seen(at_s)
        points = self.points(at_s, box) if self.points and seen else ()
        return Track(self.id, "cam", box, seen, 0.9, self.by, begin, last, keypoints=points, path=path)


def stay(track_id: int, begin: float, end: float, x: float = 0.5, **more: object) -> Actor:
    return Actor(track_id, [(begin, x), (end, x)], **more)  # type: ignore[arg-type]


def scene(
    at_s: float,
    actors: Iterable[Actor] = (),
    zones: Sequence[Zone] = (),
    view: Mapping[ViewFault, float] | None = None,
    *,
    is_open: bool = True,
    **more: Any,
) -> Scene:
    tracks = tuple(track for actor in actors if (track := actor.track(at_s)) is not None)
    when = stamp(at_s)
    return Scene("cam", when, datetime.fromtimestamp(when.utc, UTC), is_open, tuple(zones), tracks, view or {}, **more)


def play(
    engine: IncidentEngine, seconds: float, moment: Callable[[float], Scene], step_s: float = STEP_S, start: float = 0.0
) -> list[tuple[float, Change]]:
    """All changes with the second at which they came; the stream is not finished."""
    steps = round((seconds - start) / step_s)
    times = [start + n * step_s for n in range(steps + 1)]
    return [(at_s, change) for at_s in times for change in engine.step(moment(at_s))]
