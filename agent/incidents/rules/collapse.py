"""Somebody lies on the floor and hardly moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.incidents.contact import WIDE
from agent.incidents.posture import LENGTH, lies_by_box
from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Visit
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Box, Severity, Text

_UNSEEN_S = 2.0
_SAME_PLACE = 0.5  # intersection over union
_FLOOR = 0.4  # in body heights: what lies is about as far down in the picture as the feet of whoever was there
_SEEN = Text(
    ko="한 사람이 바닥에 쓰러져 움직이지 않습니다. 바로 확인해 주세요.",
    en="Somebody lies on the floor and does not move. Check at once.",
)
_PERHAPS = Text(
    ko="사람만 한 것이 바닥에 있고, 나가는 모습이 보이지 않은 사람이 있습니다. 쓰러진 사람이 없는지 바로 확인해 주세요.",
    en="Something as large as a person is on the floor, and somebody was not seen leaving. Check at once that nobody fell.",
)


def collapse(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person who has lain long enough; see `agent.incidents.posture` for what lying is.

    Another for each body that nobody followed to the floor: who falls behind or before somebody else is easily lost there, and
    is then no more than something large that was not there before.
    """
    if not settings.collapse.enabled:
        return
    now_s = scene.stamp.source_s
    for visit in scene.visits:
        since_s = visit.lying_since_s
        if since_s is not None and now_s - since_s >= settings.collapse.seconds and not _is_a_thing(visit, scene):
            yield _sign(str(visit.track), _SEEN, visit.track, since_s)
    for body in scene.alterations:
        if body.undone_s is None and scene.just_seen(max(body.at_s, body.since_s + settings.collapse.seconds)):
            who = lies_there(body, scene)
            if who is not None:
                yield _sign(f"place {body.id}", _PERHAPS, who.track, body.since_s)


def lies_there(thing: Alteration, scene: Scene) -> Visit | None:
    """Who may be lying there in place of a thing left behind; None where it is a thing.

    It has a lying body's size, shape and place, and somebody who had come in before is neither seen now nor was seen leaving.
    """
    if thing.kind is not AlterationKind.LEFT:
        return None
    there = [v for v in scene.visits if v.track in thing.tracks]
    if not _body_like(thing.box, there):
        return None
    missing = [v for v in scene.visits if v.left is None and v.entered_s < thing.at_s]
    missing = [v for v in missing if v.last_s <= scene.stamp.source_s - _UNSEEN_S or v.lying_since_s is not None]
    return min(missing, key=lambda v: (v not in there, -v.last_s, v.track)) if missing else None


def is_itself(visit: Visit, thing: Alteration, scene: Scene) -> bool:
    """Whether what is followed as that person is the thing: the tracker may stay with what somebody has put down.

    Not where the thing is as long as a body: then it may be that person, who lies there.
    """
    tallest = max(v.upright.height for v in scene.visits if v.track in thing.tracks or v is visit)
    return visit.box.iou(thing.box) >= _SAME_PLACE and thing.box.width * WIDE < LENGTH * tallest


def _is_a_thing(visit: Visit, scene: Scene) -> bool:
    left = (a for a in scene.alterations if a.kind is AlterationKind.LEFT and a.undone_s is None)
    return any(is_itself(visit, thing, scene) for thing in left)


def _body_like(box: Box, there: Sequence[Visit]) -> bool:
    """Whether one of those who were there may lie in `box`; the tallest counts, as the others may have been half hidden."""
    tallest = max(there, key=lambda v: (v.upright.height, -v.track), default=None)
    if tallest is None or tallest.box.bottom - box.bottom > _FLOOR * tallest.upright.height:
        return False
    return lies_by_box(box, tallest.upright)


def _sign(key: str, reason: Text, track: int, since_s: float) -> Sign:
    return Sign(rule="collapse", key=key, reason=reason, severity=Severity.NOW, tracks=(track,), since_s=since_s, parts=1)
