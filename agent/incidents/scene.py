"""What the rules see of one moment on one camera, and what they may say about it. Pure values.

Comes in: tracks, zones, opening hours, faults of the view, put together by the pipeline. Goes out: `Scene`, `Sign`, `Rule`.

A rule is one pure function of a `Scene`. It keeps no memory: what must be known of the past comes in the scene, as the tracks'
paths do, and what looks different on the shelves, who paid, what each visitor did. Later rules bring their facts as further
fields of `Scene` with a default, made by the stage that can know them (gate passes beside people crossing: tailgating).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.entry.records import Crossing
from agent.incidents.visit import Visit
from agent.settings import IncidentSettings, Zone
from agent.values import Alteration, Concealment, FrameStamp, Payment, Severity, Text, Track, ViewFault

TOLD_S = 4.0
_BLIND = (ViewFault.LOST, ViewFault.COVERED, ViewFault.FROZEN, ViewFault.TURNED)


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment on one camera.

    local: shop time, for words; open_now: people are expected now (`Shop.is_open`). tracks: all that are followed, predicted
    ones too, with their paths. view: faults of the view in force -> seconds that each has lasted; while a camera is lost the
    pipeline goes on making scenes with an advancing stamp, or nobody would hear of it. changed_share: of the picture, 0 to 1.
    alterations: what looks different for good, newest last, for ten minutes after it was found. activity: per track how
    strongly it moves, 0 to 1, over the last second. payments: sales of the last ten minutes. concealment: per track how much
    its movements look like goods being hidden. crossings: who stepped over the entrance's line at this very moment, where entry
    by QR is watched. The engine adds visits: what each person has done since coming in; from there on ids are those of people,
    not of tracks. It also adds till_reports: the tills that have reported a sale of late ("": sales came that name none);
    telling: the shelves at which goods were seen to go or come so far, where a hand alone says little;
    before_s: the moment that was judged before this one, and seen_before_s: the last such moment at which the camera saw.
    """

    camera: str
    stamp: FrameStamp
    local: datetime
    open_now: bool
    zones: tuple[Zone, ...] = ()
    tracks: tuple[Track, ...] = ()
    view: Mapping[ViewFault, float] = field(default_factory=dict)
    changed_share: float = 0.0
    alterations: tuple[Alteration, ...] = ()
    activity: Mapping[int, float] = field(default_factory=dict)
    payments: tuple[Payment, ...] = ()
    concealment: Mapping[int, Concealment] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()
    visits: tuple[Visit, ...] = ()
    till_reports: frozenset[str] = frozenset()
    telling: frozenset[str] = frozenset()
    before_s: float | None = None
    seen_before_s: float | None = None

    @property
    def blind(self) -> bool:
        """Whether what seems to be people now, or nobody, is not to be trusted."""
        return any(fault in self.view for fault in _BLIND)

    def just(self, at_s: float) -> bool:
        """Whether something became known at `at_s`, a moment ago at most: so long a rule says it, then the clip may end.

        What became known while no pictures came is said at the first moment that is judged after them, however late that is.
        """
        return self._since(at_s, self.before_s)

    def just_seen(self, at_s: float) -> bool:
        """The same for what must be seen to be true: not said while the camera sees nothing, but when it sees again."""
        return not self.blind and self._since(at_s, self.seen_before_s)

    def _since(self, at_s: float, before_s: float | None) -> bool:
        now_s = self.stamp.source_s
        missed = before_s is not None and before_s < at_s
        return at_s <= now_s and (missed or now_s < at_s + TOLD_S)


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule's word that something is the case at this moment; it says so again at each moment while it lasts.

    rule: its name, a-z and _; key: what it is about within the rule (a person, a zone, the shop). The engine makes one incident
    of signs of one rule that share key, person or zone, or stand at the same place soon after another.
    hold_s: so long it must last before it becomes an incident; 0 for something that is over in a moment (goods swept into a
    bag, a crossing of the exit line): one sign is enough, and the engine keeps the incident open for its quiet time.
    since_s: when it began, if before the first sign (a score that grew, a view that was covered): the clip begins there.
    parts: so many parts of the longest length are worth keeping; None: as set. 1 for what only interests in its beginning.
    apart: signs about other people are other incidents, even in the same zone or place (each pays for oneself).
    severity may rise from sign to sign, as a score does; the incident keeps the highest. tracks: the subjects, whose bodies
    the clip leaves to be seen; bystanders are none.
    """

    rule: str
    key: str
    reason: Text
    severity: Severity
    tracks: tuple[int, ...] = ()
    zone: str | None = None
    hold_s: float = 0.0
    since_s: float | None = None
    parts: int | None = None
    apart: bool = False


Rule = Callable[[Scene, IncidentSettings], Iterable[Sign]]
