"""Somebody had a hand on a shelf and left without paying."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.rules.concealment import looks_hidden
from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Visit
from agent.incidents.zones import zones_of
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Severity, Text


def unpaid(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person who left so, for a moment after it is clear. Silent where no till is drawn: nobody could pay."""
    if not settings.unpaid.enabled or not zones_of(scene.zones, ("till",)):
        return
    for visit in scene.visits:
        sign = _sign(visit, scene, settings)
        if sign is not None:
            yield sign


def taken_by(visit: Visit) -> tuple[Alteration, ...]:
    """Goods that this person took and nobody put back; none where as much was put down on shelves as was taken."""
    mine = [a for a in visit.alterations if a.undone_s is None and visit.has(a)]
    taken = tuple(a for a in mine if a.kind is AlterationKind.TAKEN)
    put = sum(a.kind is AlterationKind.PUT for a in mine)
    return taken if len(taken) > put else ()


def _put_back(visit: Visit) -> bool:
    """Whether this person took goods, and all of them stand on shelves again: why they had a hand there is known."""
    return any(a.kind is AlterationKind.TAKEN and visit.has(a) for a in visit.alterations)


def _sign(visit: Visit, scene: Scene, settings: IncidentSettings) -> Sign | None:
    rule, left = settings.unpaid, visit.left
    if left is None or visit.payments:
        return None
    taken = taken_by(visit)
    if not taken and (visit.touched_s < rule.touch_s or _put_back(visit)):
        return None
    if 0 < rule.staff_s <= visit.stayed_s(("staff",)):
        return None
    stayed = visit.stayed_s(("till",)) >= rule.till_s
    if stayed and not _expected(scene, settings):
        return None
    hidden = looks_hidden(visit.concealment, settings)
    due_s = max(
        left.known_s,
        left.at_s + rule.wait_s if _expected(scene, settings) and visit.stayed_s(("till",)) > 0 else 0.0,
        *(a.at_s for a in taken),
    )
    if not scene.just(due_s):
        return None
    severity = Severity.NOW if taken or hidden else Severity.NOTE  # a hand on the shelf alone is no more than a hint
    begun = [*(touch.from_s for touch in visit.touches), *(a.since_s for a in taken)]
    return Sign(
        rule="unpaid",
        key=str(visit.track),
        reason=_reason(visit, taken, stayed=stayed, hidden=hidden),
        severity=severity,
        tracks=(visit.track,),
        since_s=max(min(begun), visit.entered_s),
        apart=True,
    )


def _expected(scene: Scene, settings: IncidentSettings) -> bool:
    """Whether a customer who paid would have been reported."""
    expected = settings.unpaid.payments_expected
    return expected == "on" or (expected == "auto" and scene.till_reports)


def _reason(visit: Visit, taken: tuple[Alteration, ...], *, stayed: bool, hidden: bool) -> Text:
    zones = [a.zone for a in taken if a.zone] or [touch.zone for touch in visit.touches]
    shelves = ", ".join(dict.fromkeys(f"'{zone}'" for zone in zones))
    if taken:
        what = Text(ko=f"{shelves or '진열대'}에서 물건이 없어졌고", en=f"Goods are gone from {shelves or 'a shelf'}")
    else:
        what = Text(ko=f"{shelves}에 손을 댔고", en=f"{shelves} was touched")
    if stayed:
        till = Text(ko="계산대에 있었지만 계산한 기록 없이", en="no sale was reported at the till")
    else:
        till = Text(ko="계산대에 머물지 않고", en="nobody stayed at the till")
    door = visit.left.zone if visit.left else None
    if door:
        out = Text(ko=f"'{door}' 쪽으로 나갔습니다.", en=f"and the person left through '{door}'.")
    else:
        out = Text(ko="화면 밖으로 나갔습니다.", en="and the person left the picture.")
    more = Text(ko=" 물건을 숨기는 듯한 동작도 있었습니다.", en=" It also looked as if something was hidden.")
    return Text(
        ko=f"{what.ko}, {till.ko} {out.ko}" + (more.ko if hidden else ""),
        en=f"{what.en}, {till.en}, {out.en}" + (more.en if hidden else ""),
    )
