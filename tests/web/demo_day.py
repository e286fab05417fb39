"""A day in the drawn demo shop, put into the vault as the agent would have: for the pictures of the panel."""

from __future__ import annotations

import math

import cv2

from agent.capture.demo import DemoShop
from agent.masking.masked import MaskedFrame
from agent.values import EventKind, Incident, MaskStep, Severity, Text
from tests.web.drawn import DAY, HOUR, DrawnShop, Picture, Scene

MINUTE = 60.0


def demo_picture(subject: int | None = None, width: int = 960) -> Picture:
    """The demo shop at a time of its story; `subject`: the person whose body stays clear, the others' bodies are pixelated."""
    shop = DemoShop(1)

    def at(t: float) -> Scene:
        truth = shop.truth(t)
        height = width * 9 // 16
        pixels = cv2.resize(shop.picture(t), (width, height), interpolation=cv2.INTER_AREA)
        heads = [head.grown(head.width * 0.3, head.height * 0.2) for _, head in truth.people]
        bodies = [body.grown(0.01, 0.01) for n, (body, _) in enumerate(truth.people) if n != subject]
        return Scene(pixels, heads, bodies)

    return at


def till_picture(t: float) -> Scene:
    """Another camera of the same shop: looks at the till, nobody is there."""
    scene = demo_picture(width=960)(1.0 + 0 * t)
    height, width = scene.pixels.shape[:2]
    part = scene.pixels[int(height * 0.42) :, int(width * 0.42) :]
    return Scene(cv2.resize(part, (960, 540), interpolation=cv2.INTER_CUBIC))


def live_frame(shop: DrawnShop, camera: str, t: float) -> MaskedFrame:
    picture = till_picture if camera == "till" else demo_picture()
    return shop.show_live(camera, picture, t)


def fill(shop: DrawnShop) -> dict[str, Incident]:
    """Puts a day with all kinds of incidents into the vault. Gives the incidents by what they are good for."""
    day: dict[str, Incident] = {}
    shop.camera("door", name="매장 안" if shop.panel.shop.language == "ko" else "Shop floor")
    shop.event(EventKind.STARTED, 3 * HOUR, "안심을 시작했습니다.", "Ansim was started.")
    shop.event(EventKind.REFERENCE_READY, 3 * HOUR - 8, "빈 가게 화면을 익혔습니다.", "The empty shop has been learnt.", "door")
    shop.event(
        EventKind.AUDIO_REFUSED, 3 * HOUR - 9, "카메라 소리는 받지 않습니다.", "The camera's sound is not taken.", "door"
    )

    many = shop.incident(
        "too_many", "door", DAY + 1.3 * HOUR, "매장에 7명이 한꺼번에 있었습니다", "Seven people were in the shop at once",
        severity=Severity.NOTE, lasted_s=64.0, tracks=(1, 2, 3),
    )  # fmt: skip
    shop.clip(many, demo_picture(0), from_s=31.0, seconds=5.0)
    day["lost"] = shop.incident(
        "loitering", "till", DAY + 2.4 * HOUR, "한 사람이 계산대 앞에 45초 동안 머물렀습니다",
        "Somebody stayed at the till for 45 seconds", lasted_s=45.0, zone="계산대",
    )  # fmt: skip
    shop.segment("till", DAY + 2.4 * HOUR, 8.0, demo_picture(), 22.0)
    shop.lose(day["lost"])

    day["covered"] = shop.incident(
        "camera", "door", 2.7 * HOUR, "카메라가 9초 동안 가려졌습니다", "The camera was covered for 9 seconds",
        severity=Severity.NOW, lasted_s=9.0, tracks=(),
    )  # fmt: skip
    shop.clip(
        day["covered"], demo_picture(0), from_s=84.8, seconds=7.0, steps=(MaskStep.NORMAL, MaskStep.NORMAL, MaskStep.BLIND)
    )
    day["loitering"] = shop.incident(
        "loitering", "door", 41 * MINUTE, "한 사람이 음료 앞에 38초 동안 머물렀습니다",
        "Somebody stayed by the drinks for 38 seconds", lasted_s=38.0, zone="음료 앞",
    )  # fmt: skip
    shop.clip(day["loitering"], demo_picture(1), from_s=21.0, seconds=6.0)
    day["staff"] = shop.incident(
        "staff_only", "door", 6 * MINUTE, "누군가 직원 전용 문을 열어 보았습니다", "Somebody tried the staff-only door",
        severity=Severity.NOW, lasted_s=11.0, zone="직원 전용",
        more=(Text("음료 앞에 다른 사람이 있었습니다", "Somebody else was by the drinks"),),
    )  # fmt: skip
    shop.clip(day["staff"], demo_picture(1), from_s=47.0, seconds=8.0, steps=(MaskStep.NORMAL,) * 11 + (MaskStep.LATE,))
    day["pending"] = shop.incident(
        "loitering", "till", 50.0, "한 사람이 계산대 앞에 오래 머물고 있습니다", "Somebody is staying at the till",
        lasted_s=None, severity=Severity.NOTE, zone="계산대",
    )  # fmt: skip
    _recordings(shop)
    return day


def _recordings(shop: DrawnShop) -> None:
    """Visits through the day; each a few pieces without a gap."""
    small = demo_picture(width=320)
    for visit in range(14):
        ago = (0.2 + visit * 0.93 + 0.2 * math.sin(visit * 2.1)) * HOUR
        for piece in range(1 + visit * 5 % 4):
            shop.segment("door", ago - piece * 4.0, 4.0, small, 8.0 + visit * 3 + piece * 4)
