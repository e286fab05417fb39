"""What the settings of entry by QR must agree on: cameras that exist, a line to cross, an opener that can be reached.

Comes in: the settings read so far, and where each stands. Goes out: nothing, or the first mistake, a ConfigError with its line.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.config_file import Address, Origin
from agent.settings import DoorSettings, Settings
from agent.values import Point, Text

LEAST = 0.02  # of the picture: a shorter line is a slip of the hand; a point so near the line is on neither side


def agree_on_entry(settings: Settings, origins: Mapping[Address, Origin]) -> None:
    """Raises ConfigError. Nothing is asked of settings that are switched off."""
    entry = settings.entry
    if not entry.enabled:
        return
    known = [camera.id for camera in settings.cameras]
    for name, camera in (("reader", entry.reader), ("gate", entry.gate)):
        if camera and camera not in known:
            listed = ", ".join(known) or "-"
            raise origins[("entry", name)].error(
                ko=f"entry.{name}에 적은 카메라 '{camera}'가 없습니다. 있는 카메라: {listed}",
                en=f"entry.{name} names the camera '{camera}', which is not there; known: {listed}",
            )
    if entry.gate:
        wrong = _line(entry.line, entry.inside)
        if wrong is not None:
            raise _place(origins, ("entry", "line")).error(ko=wrong.ko, en=wrong.en)
    _door(entry.door, origins)
    if bool(entry.kiosk.certificate) != bool(entry.kiosk.private_key):
        raise origins[("entry", "kiosk", "certificate")].error(
            ko="entry.kiosk.certificate와 entry.kiosk.private_key는 함께 적어야 합니다.",
            en="entry.kiosk.certificate and entry.kiosk.private_key belong together; set both or neither",
        )


def _line(line: tuple[Point, ...], inside: Point) -> Text | None:
    """What is wrong with a line across the entrance."""
    if len(line) != 2:
        return Text(
            ko=f"entry.line에는 점 두 개를 적어 주세요(지금 {len(line)}개). 예: [[0.30, 0.80], [0.62, 0.80]]",
            en=f"entry.line needs two points (it has {len(line)}), like [[0.30, 0.80], [0.62, 0.80]]",
        )
    a, b = line
    length = ((b.x - a.x) ** 2 + (b.y - a.y) ** 2) ** 0.5
    if length < LEAST:
        return Text(
            ko="entry.line의 두 점이 너무 가깝습니다. 출입문 바닥의 양 끝을 적어 주세요.",
            en="the two points of entry.line are too close; they are both ends of the entrance's floor",
        )
    apart = abs((b.x - a.x) * (inside.y - a.y) - (b.y - a.y) * (inside.x - a.x)) / length
    if apart < LEAST:
        return Text(
            ko="entry.inside가 entry.line 위에 있어 어느 쪽이 안인지 알 수 없습니다. 가게 안쪽의 점을 적어 주세요.",
            en="entry.inside lies on entry.line, so nobody can tell which side is inside; give a point within the shop",
        )
    return None


def _door(door: DoorSettings, origins: Mapping[Address, Origin]) -> None:
    missing = {"webhook": ("url", door.url), "serial": ("port", door.port)}.get(door.opener)
    if missing is not None and not missing[1]:
        raise origins[("entry", "door", missing[0])].error(
            ko=f'entry.door.opener가 "{door.opener}"이면 entry.door.{missing[0]}도 적어야 합니다.',
            en=f'entry.door.opener is "{door.opener}", so entry.door.{missing[0]} is needed, too',
        )
    if door.lock_inverted and not door.other_way_out:
        raise origins[("entry", "door", "lock_inverted")].error(
            ko="전기가 끊기면 잠기는 자물쇠는, 그때 나갈 다른 문이 있을 때만 맡을 수 있습니다(entry.door.other_way_out). "
            "없다면 전기가 끊기면 열리는 자물쇠로 바꿔 주세요.",
            en="a lock that locks when power fails is only taken where there is another way out (entry.door.other_way_out); "
            "otherwise use one that opens then",
        )


def _place(origins: Mapping[Address, Origin], at: Address) -> Origin:
    while at and at not in origins:
        at = at[:-1]
    return origins.get(at, Origin("entry"))
