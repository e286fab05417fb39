"""Rules that are on but cannot work on a camera, because what they go by is not there. Pure.

Comes in: the settings, one camera's zones, and whether its person detector gives body points. Goes out: sentences for the
owner, each with what to do. Only what a rule, or half of it, cannot do without is named; what merely helps it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agent.settings import EntrySettings, IncidentSettings, Zone
from agent.values import Text

_NAMES = {
    "staff_only": Text(ko="직원 전용 구역", en="staff-only area"),
    "unpaid": Text(ko="계산하지 않고 나감", en="left without paying"),
    "swept": Text(ko="진열대 싹쓸이", en="shelf emptied"),
    "forced_till": Text(ko="계산대 강제 개방", en="till forced"),
    "damage": Text(ko="기물 파손", en="damage"),
    "tailgating": Text(ko="앞사람 따라 들어옴", en="followed somebody in"),
    "entry_without_code": Text(ko="코드 없이 들어옴", en="came in without a code"),
}
# what a rule needs: of each group at least one kind of zone
_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "unpaid": (("shelf",), ("till",)),
    "swept": (("shelf",),),
    "forced_till": (("till", "fixture"),),
    "damage": (("fixture", "shelf"),),
    "staff_only": (("staff",),),
}
_KINDS = {
    "shelf": Text(ko="진열대(shelf)", en='shelf ("shelf")'),
    "till": Text(ko="계산대(till)", en='till ("till")'),
    "fixture": Text(ko="설비(fixture)", en='fixture ("fixture")'),
    "staff": Text(ko="직원 전용(staff)", en='staff-only ("staff")'),
}
_DOORS = ("exit", "entrance")


def unmet(settings: IncidentSettings, zones: Iterable[Zone], *, keypoints: bool) -> tuple[Text, ...]:
    """One sentence for each thing that is missing on this camera; none where every rule that is on can work.

    keypoints: whether the person detector in force gives body points. A camera without any zone gets one sentence for them all.
    """
    drawn = {zone.kind for zone in zones}
    on = [rule for rule in _NEEDS if getattr(settings, rule).enabled]
    found: list[Text] = []
    if not drawn:
        if on:
            found.append(_no_zones(on))
    else:
        missing: dict[tuple[str, ...], list[str]] = {}
        for rule in on:
            for kinds in _NEEDS[rule]:
                if not drawn.intersection(kinds):
                    missing.setdefault(kinds, []).append(rule)
        found.extend(_no_zone(kinds, rules) for kinds, rules in missing.items())
        if "unpaid" in on and {"shelf", "till"} <= drawn and not drawn.intersection(_DOORS):
            found.append(_NO_DOOR)
    if "forced_till" in on and "till" in drawn and "fixture" not in drawn:
        found.append(_NO_FIXTURE)
    if settings.concealment.enabled and not keypoints:
        found.append(_NO_POINTS)
    return tuple(found)


def unwatched_entrance(settings: IncidentSettings, entry: EntrySettings) -> Text | None:
    """Where codes are asked for and no camera watches who comes in: what rests, and what to do."""
    on = [rule for rule in ("tailgating", "entry_without_code") if getattr(settings, rule).enabled]
    if not on or not entry.enabled or entry.gate:
        return None
    return Text(
        ko=f"출입문이 보이는 카메라가 정해지지 않아 쉬고 있는 규칙: {_listed(on).ko}. "
        f"entry.gate와 entry.line을 적거나, 필요 없으면 {_switches(on)}를 false로 바꿔 주세요.",
        en=f"No camera is set to watch the entrance, so these rules rest: {_listed(on).en}. "
        f"Write entry.gate and entry.line, or set {_switches(on)} to false if you do not need them.",
    )


def silent_tills(tills: Collection[str]) -> Text:
    """Which tills report their sales no more, and what to do. tills: their zones' names; "": of sales that name none."""
    names = ", ".join(f"'{till}'" for till in sorted(tills) if till)
    return Text(
        ko=f"계산대{f'({names})' if names else ''}의 판매 알림이 끊긴 것 같습니다. 손님이 세 명 이상 잇달아 계산대에 있었는데 "
        "판매가 하나도 오지 않았습니다. 다음 판매가 올 때까지는 그 계산대에 머문 손님을 계산한 것으로 봅니다. "
        "계산대의 연결을 확인해 주세요.",
        en=f"The till{f' ({names})' if names else ''} seems to report its sales no more: several customers in a row stood at "
        "it and none of them had a sale. Until the next sale comes, whoever stays at that till counts as having paid. "
        "Check the till's connection.",
    )


def _no_zones(rules: Collection[str]) -> Text:
    return Text(
        ko=f"구역이 없어 쉬고 있는 규칙이 있습니다: {_listed(rules).ko}. 사용 설명서의 '구역 그리기'를 보고 그려 주세요.",
        en=f"Without zones these rules rest: {_listed(rules).en}. Draw them as the guide's part on zones says.",
    )


def _no_zone(kinds: tuple[str, ...], rules: Collection[str]) -> Text:
    names = [_KINDS[kind] for kind in kinds]
    return Text(
        ko=f"{'나 '.join(n.ko for n in names)} 구역이 없어 쉬고 있는 규칙: {_listed(rules).ko}. "
        f"구역을 그리거나, 필요 없으면 {_switches(rules)}를 false로 바꿔 주세요.",
        en=f"No {' or '.join(n.en for n in names)} zone is drawn, so these rules rest: {_listed(rules).en}. "
        f"Draw one, or set {_switches(rules)} to false if you do not need them.",
    )


_NO_DOOR = Text(
    ko="출구(exit)나 입구(entrance) 구역이 없어, 화면 가장자리에서 사라진 사람을 나간 것으로 봅니다. "
    "문이 화면 안에 있으면 그려 주세요.",
    en='No exit ("exit") or entrance ("entrance") zone is drawn, so whoever vanishes at the picture\'s edge counts as gone. '
    "Draw the door if it is in the picture.",
)
_NO_FIXTURE = Text(
    ko="계산대 위에 그린 설비(fixture) 구역이 없어, 계산대가 열리거나 뜯겨 나가도 알아채지 못합니다. "
    "계산대나 키오스크 기계 위에 설비 구역을 그리거나, 필요 없으면 incidents.forced_till.enabled를 false로 바꿔 주세요.",
    en='Without a fixture zone ("fixture") over the till nobody notices that it was opened or torn away. '
    "Draw one over the till or kiosk itself, or set incidents.forced_till.enabled to false if you do not need it.",
)
_NO_POINTS = Text(
    ko="사람의 자세를 알려 주는 검출 모델이 없어 '물건을 숨기는 동작' 규칙이 쉬고 있습니다. "
    "`ansim models pull`로 모델을 설치하거나 incidents.concealment.enabled를 false로 바꿔 주세요.",
    en="The rule for hidden goods rests: no person detector here gives body points. "
    "Install one with `ansim models pull`, or set incidents.concealment.enabled to false.",
)


def _listed(rules: Collection[str]) -> Text:
    return Text(ko=", ".join(_NAMES[r].ko for r in rules), en=", ".join(_NAMES[r].en for r in rules))


def _switches(rules: Collection[str]) -> str:
    return ", ".join(f"incidents.{rule}.enabled" for rule in rules)
