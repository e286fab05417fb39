"""Somebody had a hand on a shelf and left without paying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.incidents.rules.concealment import looks_hidden
from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Stay, Visit
from agent.incidents.zones import zones_of
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Severity, Text

_PAYING_S = 2.0  # who was at the till so recently
_PLACE, _AS_MUCH = 0.5, 0.7  # shares of a place, and of what was taken from it, from which something was put back there


def unpaid(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person who left so, for a moment after it is clear. Silent where no till is drawn: nobody could pay."""
    if not settings.unpaid.enabled or not zones_of(scene.zones, ("till",)):
        return
    payers = _payers(scene, settings)
    for visit in scene.visits:
        sign = _sign(visit, payers, scene, settings)
        if sign is not None:
            yield sign


def taken_by(visit: Visit) -> tuple[Alteration, ...]:
    """Goods that this person took and nobody put back.

    Put back is what stands where goods were taken, and about as much of it: a packet put down elsewhere, or a small thing
    in the place of a large one, clears nobody.
    """
    mine = [a for a in visit.alterations if a.undone_s is None and visit.has(a)]
    taken = [a for a in mine if a.kind is AlterationKind.TAKEN]
    for put in (a for a in mine if a.kind is AlterationKind.PUT):
        room = put.area / _AS_MUCH
        for gone in sorted(taken, key=lambda a: (-a.box.overlap(put.box), a.id)):
            here = gone.box.overlap(put.box) >= _PLACE * min(gone.box.area, put.box.area)
            if here and gone.at_s <= put.at_s and gone.area <= room:
                room -= gone.area
                taken.remove(gone)
    return tuple(taken)


def _paid_for(visit: Visit, payers: Sequence[Visit]) -> frozenset[int]:
    """Of the goods that this person may have taken, those that somebody took who pays.

    Where several may have been at it, it is the payer's if their hands were there at least as long; and one thing is, however
    long they were there, of a payer who has nothing else, since whoever pays has taken something.
    """
    found: set[int] = set()
    for payer in payers:
        gone = [a for a in payer.alterations if _is_gone(a) and (payer.reach.get(a.id) or payer.has(a))]
        theirs = {a.id: payer.reach.get(a.id, 0.0) for a in gone}
        mine = {a.id: visit.reach.get(a.id, 0.0) for a in visit.alterations if a.id in theirs}
        if payer.track == visit.track or not mine:
            continue
        longer = {n for n, seconds in mine.items() if theirs[n] >= seconds}
        if not longer and len(mine) == len(theirs):
            longer = {max(sorted(mine), key=theirs.__getitem__)}
        found |= longer
    return frozenset(found)


def _payers(scene: Scene, settings: IncidentSettings) -> list[Visit]:
    """Who has paid, or is at the till to do so."""
    rule, now_s = settings.unpaid, scene.stamp.source_s
    return [
        visit
        for visit in scene.visits
        if visit.payments
        or _unreported_s(visit, scene, settings) >= rule.till_s
        or any(stay.kind == "till" and now_s - stay.to_s <= _PAYING_S for stay in visit.stays)
    ]


def _is_gone(alteration: Alteration) -> bool:
    return alteration.kind is AlterationKind.TAKEN and alteration.undone_s is None


def _put_back(visit: Visit) -> bool:
    """Whether this person took goods, and all of them stand on shelves again: why they had a hand there is known."""
    return any(a.kind is AlterationKind.TAKEN and visit.has(a) for a in visit.alterations)


def _sign(visit: Visit, payers: Sequence[Visit], scene: Scene, settings: IncidentSettings) -> Sign | None:
    rule, left = settings.unpaid, visit.left
    if left is None or visit.payments:
        return None
    paid_for = _paid_for(visit, payers)
    taken = tuple(a for a in taken_by(visit) if a.id not in paid_for)
    hidden = looks_hidden(visit.concealment, settings)
    touched_s = sum(touch.lasted_s for touch in visit.touches if hidden or touch.zone not in scene.telling)
    if not taken and (touched_s < rule.touch_s or _put_back(visit)):
        return None
    if 0 < rule.staff_s <= visit.stayed_s(("staff",)):
        return None
    if _unreported_s(visit, scene, settings) >= rule.till_s:
        return None
    late = any(stay.lasted_s > 0 and _reports(stay, scene, settings) for stay in visit.stays)
    due_s = max(left.known_s, left.at_s + rule.wait_s if late else 0.0, *(a.at_s for a in taken))
    if not scene.just(due_s):
        return None
    doubt = _doubt(visit, taken, payers)
    begun = [*(touch.from_s for touch in visit.touches), *(a.since_s for a in taken)]
    return Sign(
        rule="unpaid",
        key=str(visit.track),
        reason=_reason(visit, taken, doubt, stayed=visit.stayed_s(("till",)) >= rule.till_s, hidden=hidden),
        severity=_severity(taken, doubt, hidden=hidden),
        tracks=(visit.track,),
        since_s=max(min(begun), visit.entered_s),
        apart=True,
    )


def _reports(stay: Stay, scene: Scene, settings: IncidentSettings) -> bool:
    """Whether this is a stay at a till from which a sale would have been reported."""
    expected = settings.unpaid.payments_expected
    reports = expected == "on" or (expected == "auto" and not scene.till_reports.isdisjoint(("", stay.zone)))
    return stay.kind == "till" and reports


def _unreported_s(visit: Visit, scene: Scene, settings: IncidentSettings) -> float:
    """How long this person stood at tills whose sales are not reported: who did so long enough has paid there."""
    return sum(s.lasted_s for s in visit.stays if s.kind == "till" and not _reports(s, scene, settings))


def _severity(taken: Sequence[Alteration], doubt: Text | None, *, hidden: bool) -> Severity:
    """A hand on the shelf alone is no more than a hint; goods that may well be another's are nothing to run for."""
    if hidden or (taken and doubt is None):
        return Severity.NOW
    return Severity.SOON if taken else Severity.NOTE


def _doubt(visit: Visit, taken: Sequence[Alteration], payers: Sequence[Visit]) -> Text | None:
    """Why it is not certain that this person has any of the goods; None where it is, of one thing at least."""
    others = [payer for payer in payers if payer.track != visit.track]
    shared = [any(_was_there(payer, gone) for payer in others) for gone in taken]
    unseen = [gone.id in visit.watched and not visit.reach.get(gone.id) for gone in taken]
    if not taken or not all(map(max, shared, unseen)):
        return None
    return _SHARED if any(shared) else _UNSEEN


def _was_there(payer: Visit, gone: Alteration) -> bool:
    """Whether somebody who pays may as well have taken it."""
    at_it = any(t.zone == gone.zone and t.from_s <= gone.at_s and gone.since_s <= t.to_s for t in payer.touches)
    return at_it or gone.id in {known.id for known in payer.alterations}


_SHARED = Text(
    ko=" 계산하는 다른 손님도 그때 그 자리에 있었으므로, 누가 가져갔는지는 확실하지 않습니다.",
    en=" Another customer, who pays, was there about then, too, so it is not certain who took them.",
)
_UNSEEN = Text(
    ko=" 다만 이 사람의 손이 그 자리에 가는 것은 보이지 않았습니다.",
    en=" But this person's hands were not seen to reach there.",
)


def _reason(visit: Visit, taken: tuple[Alteration, ...], doubt: Text | None, *, stayed: bool, hidden: bool) -> Text:
    zones = [a.zone for a in taken if a.zone] or [touch.zone for touch in visit.touches]
    shelves = ", ".join(dict.fromkeys(f"'{zone}'" for zone in zones))
    if taken:
        what = Text(ko=f"{shelves or '진열대'}에서 물건이 없어졌고", en=f"Goods are gone from {shelves or 'a shelf'}")
    else:
        what = Text(ko=f"{shelves}에 손을 댔고", en=f"{shelves} was touched")
    door = visit.left.zone if visit.left else None
    if door:
        out = Text(ko=f"'{door}' 쪽으로 나갔습니다.", en=f"and the person left through '{door}'")
    else:
        out = Text(ko="화면 밖으로 나갔습니다.", en="and the person left the picture")
    if stayed:
        said = Text(f"계산대에 있었지만 계산한 기록 없이 {out.ko}", f"no sale was reported at the till, {out.en}.")
    else:
        said = Text(f"계산대에 머물지 않고 {out.ko}", f"{out.en} without staying at the till.")
    more = [text for text in (doubt, _HIDDEN if hidden else None) if text is not None]
    return Text(
        ko=f"{what.ko}, {said.ko}" + "".join(text.ko for text in more),
        en=f"{what.en}, {said.en}" + "".join(text.en for text in more),
    )


_HIDDEN = Text(ko=" 물건을 숨기는 듯한 동작도 있었습니다.", en=" It also looked as if something was hidden.")
