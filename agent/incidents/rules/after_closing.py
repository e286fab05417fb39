"""Somebody who came in while the shop was open is still there after closing."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.people import counts
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text

_HIDDEN_S = 15.0  # behind a shelf for so long: still there


def after_closing(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each such person. Who came in after closing is the business of the rule "intrusion", and of that alone."""
    if not settings.after_closing.enabled or scene.open_now:
        return
    tracks = {track.id: track for track in scene.tracks}
    now_s = scene.stamp.source_s
    for visit in scene.visits:
        if not visit.entered_open or visit.left is not None or now_s - visit.last_s > _HIDDEN_S:
            continue
        track = tracks.get(visit.seen_as)
        if track is None or counts(track, now_s, settings.people):
            yield Sign(
                rule="after_closing",
                key=str(visit.track),
                reason=Text(
                    ko="영업이 끝났는데 영업 중에 들어온 사람이 아직 가게에 있습니다.",
                    en="The shop is closed, and somebody who came in before is still there.",
                ),
                severity=Severity.SOON,
                tracks=(visit.track,),
                hold_s=settings.after_closing.seconds,
            )
