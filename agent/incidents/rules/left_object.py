"""A thing stands there that did not, and whoever brought it has gone."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.contact import near
from agent.incidents.geometry import inside
from agent.incidents.rules.collapse import is_itself, lies_there
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings, LeftObjectSettings
from agent.values import Alteration, AlterationKind, Severity, Text

_SAME_PLACE = 0.3  # intersection over union
_HIDDEN_S = 5.0  # whoever is out of sight for longer is not with the thing


def left_object(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each thing, for a moment after it has been alone long enough. Not where staff put things."""
    rule = settings.left_object
    if not rule.enabled:
        return
    for thing in scene.alterations:
        if thing.kind is not AlterationKind.LEFT or _is_gone(thing, scene) or _among_staff(thing, scene):
            continue
        if lies_there(thing, scene) is not None:  # perhaps it is no thing: see the rule for collapse
            continue
        alone_s = _alone_since(thing, scene, rule)
        if alone_s is not None and scene.just_seen(max(alone_s + rule.seconds, thing.at_s)):
            yield Sign(
                rule="left_object",
                key=f"thing {thing.id}",
                reason=Text(
                    ko=f"두고 간 물건이 {rule.seconds:g}초 넘게 그대로 있습니다.",
                    en=f"Something left behind has been there for more than {rule.seconds:g} seconds.",
                ),
                severity=Severity.SOON,
                tracks=thing.tracks,
                zone=thing.zone,
                since_s=alone_s,
                parts=1,
            )


def _is_gone(thing: Alteration, scene: Scene) -> bool:
    if thing.undone_s is not None:
        return True
    return any(
        a.kind is AlterationKind.REMOVED and a.at_s > thing.at_s and a.box.iou(thing.box) >= _SAME_PLACE
        for a in scene.alterations
    )


def _among_staff(thing: Alteration, scene: Scene) -> bool:
    return any(zone.kind == "staff" and inside(thing.box.centre, zone.polygon) for zone in scene.zones)


def _alone_since(thing: Alteration, scene: Scene, rule: LeftObjectSettings) -> float | None:
    """Since when nobody who may have brought the thing has been near it, or None while somebody is.

    Somebody hidden at the moment is where they were last seen. Whom nobody knows any more went away before the thing was found.
    """
    now_s, known = scene.stamp.source_s, {visit.track: visit for visit in scene.visits}
    alone_s = thing.since_s if all(track in known for track in thing.tracks) else thing.at_s
    for visit in (known[track] for track in thing.tracks if track in known):
        if is_itself(visit, thing, scene):
            continue
        close = near(visit.box, visit.upright.height, thing.box, rule.reach)
        if close and visit.left is None and now_s - visit.last_s <= _HIDDEN_S:
            return None
        alone_s = max(alone_s, visit.near.get(thing.id, visit.last_s if close else thing.at_s))
    return alone_s
