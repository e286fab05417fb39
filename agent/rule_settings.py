"""What the owner can set about people and incidents, one part a rule, as plain values with ranges. Pure.

Comes in: nothing. Goes out: `IncidentSettings` and its parts. A field with metadata "tuned" is the one threshold of its rule
that an owner's "real" or "false alarm" may move, within "low" and "high"; the higher it is, the fewer alarms there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ZoneKind = Literal["entrance", "shelf", "till", "staff", "exit", "loiter", "fixture"]


def number(default: Any, low: float, high: float, *, tuned: bool = False) -> Any:
    """A field whose value must lie in low..high, both included."""
    return field(default=default, metadata={"low": low, "high": high, "tuned": tuned})


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """What the rules take for somebody. Lengths are shares of the picture's height or width, *_s seconds.

    change_height: a track that no person detector confirmed counts from this height on,
    change_area: and up to this share of the picture (more is the light, or a hand on the lens).
    walk: so far such a track must have moved before its staying counts (goods put down have not walked in).
    still_s, still_reach: such a track whose edges stay within still_reach for still_s is furniture and counts no more.
    relink_s, relink_reach: a new track within so many seconds and body heights of a lost one is the same person.
    """

    change_height: float = number(0.15, 0.0, 1.0)
    change_area: float = number(0.6, 0.0, 1.0)
    walk: float = number(0.05, 0.0, 1.0)
    still_s: float = number(120.0, 10.0, 590.0)
    still_reach: float = number(0.02, 0.0, 0.5)
    relink_s: float = number(3.0, 0.0, 60.0)
    relink_reach: float = number(0.8, 0.0, 5.0)


@dataclass(frozen=True, slots=True)
class IntrusionSettings:
    """Somebody inside outside opening hours, for hold_s seconds."""

    enabled: bool = True
    hold_s: float = number(2.0, 0.0, 60.0, tuned=True)


@dataclass(frozen=True, slots=True)
class StaffOnlySettings:
    """Somebody in a zone of kind "staff", for hold_s seconds."""

    enabled: bool = True
    hold_s: float = number(2.0, 0.0, 60.0, tuned=True)


@dataclass(frozen=True, slots=True)
class LoiteringSettings:
    """Somebody stays `seconds` in a zone of one of the kinds `zones`; gap_s unseen or outside does not end it."""

    enabled: bool = True
    seconds: float = number(30.0, 10.0, 540.0, tuned=True)
    gap_s: float = number(5.0, 0.0, 60.0)
    zones: tuple[ZoneKind, ...] = ("loiter",)


@dataclass(frozen=True, slots=True)
class TooManySettings:
    """`people` or more in view at once, for hold_s seconds."""

    enabled: bool = True
    people: int = number(6, 2, 200, tuned=True)
    hold_s: float = number(5.0, 0.0, 600.0)


@dataclass(frozen=True, slots=True)
class UnpaidSettings:
    """Somebody had a hand on a shelf for touch_s seconds in all, then left without staying till_s at a till.

    Goods that are seen to be gone are told of however short the touch was, so verdicts do not move these alarms.
    payments_expected: whether each customer's sale is reported ("auto": by those tills of which one was in this run). Then a
    stay at that till without a sale within window_s of it counts too, once wait_s have passed for a late report.
    staff_s: whoever stayed so long in a staff zone is staff, who fill shelves and pay nothing; 0: nobody is.
    """

    enabled: bool = True
    touch_s: float = number(0.6, 0.0, 30.0, tuned=True)
    till_s: float = number(3.0, 0.5, 60.0)
    payments_expected: Literal["auto", "off", "on"] = "auto"
    window_s: float = number(30.0, 1.0, 300.0)
    wait_s: float = number(20.0, 0.0, 50.0)
    staff_s: float = number(30.0, 0.0, 600.0)


@dataclass(frozen=True, slots=True)
class SweptSettings:
    """The share `share` (0 to 1) of a shelf zone was emptied by one person within `seconds`."""

    enabled: bool = True
    share: float = number(0.25, 0.02, 1.0, tuned=True)
    seconds: float = number(20.0, 1.0, 300.0)


@dataclass(frozen=True, slots=True)
class ForcedTillSettings:
    """Somebody stays stay_s at a till or fixture and moves at least so strongly (0 to 1) for `seconds`, with pauses."""

    enabled: bool = True
    stay_s: float = number(10.0, 0.0, 300.0)
    seconds: float = number(6.0, 1.0, 30.0)
    strength: float = number(0.4, 0.05, 1.0, tuned=True)


@dataclass(frozen=True, slots=True)
class DamageSettings:
    """A fixture or shelf looks different over `area` of the picture (share) since somebody was there, for hold_s seconds."""

    enabled: bool = True
    area: float = number(0.005, 0.0, 0.5, tuned=True)
    hold_s: float = number(4.0, 0.0, 300.0)


@dataclass(frozen=True, slots=True)
class ViolenceSettings:
    """Somebody moves with at least `strength` (0 to 1) for `seconds`: against things, or two people close together."""

    enabled: bool = True
    strength: float = number(0.7, 0.05, 1.0, tuned=True)
    seconds: float = number(3.0, 1.0, 50.0)


@dataclass(frozen=True, slots=True)
class CollapseSettings:
    """Somebody lies and hardly moves for `seconds`."""

    enabled: bool = True
    seconds: float = number(6.0, 1.0, 300.0, tuned=True)


@dataclass(frozen=True, slots=True)
class LeftObjectSettings:
    """A thing stays `seconds` after whoever brought it was last within `reach` (body heights) of it."""

    enabled: bool = True
    seconds: float = number(20.0, 1.0, 50.0, tuned=True)
    reach: float = number(1.0, 0.0, 5.0)


@dataclass(frozen=True, slots=True)
class AfterClosingSettings:
    """Somebody who came in while the shop was open is still there `seconds` after closing and `shop.staff_minutes`."""

    enabled: bool = True
    seconds: float = number(60.0, 0.0, 3600.0, tuned=True)


@dataclass(frozen=True, slots=True)
class ConcealmentSettings:
    """Movements look like goods being hidden with a score of `score` (0 to 1; 0: what the model itself asks for).

    caution: 2 halves the way that is left between that score and 1, so fewer alarms; 0.5 doubles it, so more.
    """

    enabled: bool = True
    score: float = number(0.0, 0.0, 1.0)
    caution: float = number(1.0, 0.5, 4.0, tuned=True)


@dataclass(frozen=True, slots=True)
class TailgatingSettings:
    """Somebody came in right behind a person who had shown a code, without one of their own ([entry] says how soon)."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class EntryWithoutCodeSettings:
    """Somebody came in and nobody had shown a code, where entry by QR is on."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CameraFaultSettings:
    """How many seconds each fault of a camera's view lasts before it becomes an incident."""

    enabled: bool = True
    covered_s: float = number(3.0, 0.0, 600.0)
    blurred_s: float = number(20.0, 0.0, 600.0)
    turned_s: float = number(5.0, 0.0, 600.0)
    frozen_s: float = number(15.0, 0.0, 600.0)
    lost_s: float = number(15.0, 0.0, 600.0)


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """When signs become incidents (seconds), and one part a rule.

    flicker_s: a sign may be gone so long while it has to hold. quiet_s: an incident closes so long after its last sign when
    nobody is in view; merge_s: so long while somebody is, who may do it again. longest_s: then a part is closed and the next
    one begins; most_parts: so many parts are kept of one matter.
    """

    flicker_s: float = number(1.0, 0.0, 10.0)
    quiet_s: float = number(8.0, 0.0, 60.0)
    merge_s: float = number(20.0, 0.0, 60.0)
    longest_s: float = number(120.0, 10.0, 600.0)
    most_parts: int = number(15, 1, 1000)
    people: PeopleSettings = PeopleSettings()
    intrusion: IntrusionSettings = IntrusionSettings()
    staff_only: StaffOnlySettings = StaffOnlySettings()
    loitering: LoiteringSettings = LoiteringSettings()
    too_many: TooManySettings = TooManySettings()
    unpaid: UnpaidSettings = UnpaidSettings()
    swept: SweptSettings = SweptSettings()
    concealment: ConcealmentSettings = ConcealmentSettings()
    forced_till: ForcedTillSettings = ForcedTillSettings()
    damage: DamageSettings = DamageSettings()
    violence: ViolenceSettings = ViolenceSettings()
    collapse: CollapseSettings = CollapseSettings()
    left_object: LeftObjectSettings = LeftObjectSettings()
    after_closing: AfterClosingSettings = AfterClosingSettings()
    tailgating: TailgatingSettings = TailgatingSettings()
    entry_without_code: EntryWithoutCodeSettings = EntryWithoutCodeSettings()
    camera: CameraFaultSettings = CameraFaultSettings()
