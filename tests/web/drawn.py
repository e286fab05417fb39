"""A shop for the panel's tests: a real vault with drawn, masked clips, and the panel over it. Nobody was filmed for it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from argon2 import PasswordHasher
from flask import Flask

from agent.accounts import Accounts
from agent.capture.raw import Planes, RawFrame
from agent.clock import ManualClock
from agent.config import DataSettings, Shop
from agent.detection.findings import CELL_COLUMNS, cell_rows
from agent.incidents.needs import unmet
from agent.masking.masked import CLEAR, FILL, MOSAIC, Mask, MaskedFrame, apply_mask
from agent.panel import CameraHealth, CameraState, Desks, EngineHealth, Health, Missing, Panel
from agent.recording.encoder import Encoder
from agent.recording.live import LiveView
from agent.recording.still import jpeg
from agent.settings import IncidentSettings
from agent.values import (
    Box,
    ClipState,
    Event,
    EventKind,
    FrameNote,
    FrameStamp,
    Incident,
    MaskStep,
    Severity,
    Sidecar,
    Text,
)
from agent.vault import FileKind, StoredFile, Vault
from web import WebSettings, create_app

NOW = 1_795_260_971.0  # Saturday 2026-11-21, 20:36:11 in Seoul
NAME, PASSWORD = "점주", "바람개비 우체통 고구마"
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn picture (BGR) and what is to be masked in it: heads filled, bodies pixelated."""

    pixels: np.ndarray
    heads: Sequence[Box] = ()
    bodies: Sequence[Box] = ()


Picture = Callable[[float], Scene]  # at so many seconds


def plain_picture(t: float) -> Scene:
    """Somebody walks to and fro before a wall: 320 x 180, quickly drawn."""
    frame = np.full((180, 320, 3), (196, 206, 210), np.uint8)
    cv2.rectangle(frame, (0, 130), (320, 180), (150, 158, 160), -1)
    x = int(160 + 90 * math.sin(t / 2))
    cv2.rectangle(frame, (x - 16, 62), (x + 16, 140), (120, 70, 40), -1)
    cv2.circle(frame, (x, 48), 14, (120, 160, 220), -1)
    return Scene(frame, (Box((x - 20) / 320, 28 / 180, (x + 20) / 320, 70 / 180),))


def masked(scene: Scene, stamp: FrameStamp, step: MaskStep = MaskStep.NORMAL) -> MaskedFrame:
    """The drawn picture as every other picture becomes one that may be shown: through apply_mask."""
    height, width = scene.pixels.shape[:2]
    flat = cv2.cvtColor(scene.pixels, cv2.COLOR_BGR2YUV_I420)
    y, chroma = flat[:height], flat[height:].reshape(2, height // 2, width // 2)
    rows = cell_rows(width, height)
    levels = np.full((rows, CELL_COLUMNS), MOSAIC if step is MaskStep.BLIND else CLEAR, np.uint8)
    for boxes, level in ((scene.bodies, MOSAIC), (scene.heads, FILL)):
        for box in boxes:
            inside = box.clipped()
            top, bottom = int(inside.top * rows), math.ceil(inside.bottom * rows)
            levels[top:bottom, int(inside.left * CELL_COLUMNS) : math.ceil(inside.right * CELL_COLUMNS)] = level
    raw = RawFrame(stamp, Planes(y.copy(), chroma[0].copy(), chroma[1].copy()))
    return apply_mask(raw, Mask(stamp, levels, 2, step), (width, height))


def film(
    path: Path, camera: str, start_utc: float, seconds: float, picture: Picture = plain_picture, *, from_s: float = 0.0,
    fps: float = 4.0, steps: Sequence[MaskStep] = (MaskStep.NORMAL,),
) -> tuple[Sidecar, list[MaskedFrame]]:  # fmt: skip
    """Writes a masked video to `path` with the encoder that recordings are made with."""
    frames, notes = [], []
    for index in range(round(seconds * fps)):
        stamp = FrameStamp(camera, index, index / fps, start_utc + index / fps)
        step = steps[min(len(steps) - 1, index * len(steps) // round(seconds * fps))]
        frames.append(masked(picture(from_s + index / fps), stamp, step))
        notes.append(FrameNote(stamp.source_s, stamp.utc, step))
    with Encoder(path, (frames[0].width, frames[0].height), crf=26, fps=fps, fragmented=False) as encoder:
        for frame in frames:
            encoder.write(frame)
    return Sidecar(camera, tuple(notes)), frames


@dataclass
class DrawnShop:
    """Everything that a test may turn: the clock, the vault, how the agent says it is, and the panel's app."""

    clock: ManualClock
    vault: Vault
    live: LiveView
    health: Health
    panel: Panel
    app: Flask

    def incident(
        self,
        rule: str,
        camera: str,
        ago_s: float,
        ko: str,
        en: str,
        *,
        severity: Severity = Severity.SOON,
        lasted_s: float | None = 8.0,
        tracks: tuple[int, ...] = (1,),
        zone: str | None = None,
        more: tuple[Text, ...] = (),
    ) -> Incident:
        """Something that happened `ago_s` seconds before now; its clip is still to be made."""
        opened = self.clock.utc() - ago_s
        incident = Incident(
            id=f"{_stamp(opened)}-{camera}-{rule}-1",
            camera=camera,
            rule=rule,
            severity=severity,
            opened_s=100.0,
            opened_utc=opened,
            reasons=(Text(ko, en), *more),
            tracks=tracks,
            zone=zone,
        )
        self.vault.open_incident(incident)
        if lasted_s is not None:
            incident = replace(incident, closed_s=100.0 + lasted_s, closed_utc=opened + lasted_s)
            self.vault.close_incident(incident)
        return incident

    def clip(
        self, incident: Incident, picture: Picture = plain_picture, *, from_s: float = 0.0, seconds: float = 4.0,
        steps: Sequence[MaskStep] = (MaskStep.NORMAL,), part: int = 1,
    ) -> StoredFile:  # fmt: skip
        """Makes and stores the incident's clip."""
        name = incident.id if part == 1 else f"{incident.id}.{part}"
        path = self.vault.partial_path(FileKind.CLIP, name, incident.opened_utc)
        sidecar, frames = film(path, incident.camera, incident.opened_utc, seconds, picture, from_s=from_s, steps=steps)
        return self.vault.store_clip(incident.id, path, jpeg(frames[len(frames) // 2], width=640), sidecar)

    def segment(
        self, camera: str, ago_s: float, seconds: float = 3.0, picture: Picture = plain_picture, from_s: float = 0.0
    ) -> StoredFile:
        """Makes and stores a piece of the presence recording."""
        start = self.clock.utc() - ago_s
        path = self.vault.partial_path(FileKind.SEGMENT, camera, start)
        sidecar, _ = film(path, camera, start, seconds, picture, from_s=from_s)
        return self.vault.store_segment(camera, path, sidecar, start, start + seconds).result()

    def lose(self, incident: Incident) -> None:
        self.vault.set_clip_state(
            incident.id, ClipState.LOST, Text("녹화 중에 전원이 꺼졌습니다.", "The power went off while it was being recorded.")
        )

    def event(self, kind: EventKind, ago_s: float, ko: str, en: str, camera: str | None = None) -> None:
        self.vault.record_event(Event(self.clock.utc() - ago_s, kind, Text(ko, en), camera))

    def show_live(
        self, camera: str, picture: Picture = plain_picture, t: float = 1.0, step: MaskStep = MaskStep.NORMAL
    ) -> MaskedFrame:
        frame = masked(picture(t), FrameStamp(camera, round(t * 10), t, self.clock.utc()), step)
        self.live.publish(camera, frame)
        return frame

    def make_owner(self) -> None:
        self.panel.accounts.create_owner(self.panel.accounts.new_link_token(), NAME, PASSWORD)

    def camera(self, camera_id: str, **changes: object) -> None:
        """Change what the agent says of one camera."""
        cameras = tuple(replace(c, **changes) if c.id == camera_id else c for c in self.health.cameras)  # type: ignore[arg-type]
        self.health = replace(self.health, cameras=cameras)


def well(now: float) -> Health:
    """An agent with two cameras and no trouble."""
    steps = {MaskStep.NORMAL: 71_204, MaskStep.LATE: 318, MaskStep.BLIND: 96}
    return Health(
        started_utc=now - 3 * HOUR,
        cameras=(
            CameraHealth("till", "계산대", CameraState.RUNNING, MaskStep.NORMAL, steps, 0.0, 8.0, now - 0.2),
            CameraHealth(
                "door",
                "출입문",
                CameraState.RUNNING,
                MaskStep.NORMAL,
                {MaskStep.NORMAL: 71_580},
                0.062,
                7.9,
                now - 0.1,
                unwatched=unmet(IncidentSettings(), (), keypoints=True),
            ),
        ),
        engine=EngineHealth(
            "reference",
            Text(
                "빈 매장과 달라진 곳을 찾아 사람을 가리고 있습니다.",
                "People are found by what differs from the empty shop, and masked.",
            ),
            (
                Missing(
                    Text("사람을 알아보는 모델", "A model that recognises people"),
                    Text(
                        "없어도 사람은 모두 가려지지만, 화면을 더 넓게 가립니다. `ansim models pull`로 받을 수 있습니다.",
                        "Without it everybody is still masked, but more of the picture is. Get it with `ansim models pull`.",
                    ),
                ),
            ),
        ),
    )


def open_shop(
    folder: Path, *, language: str = "ko", settings: WebSettings | None = None,
    desks: Callable[[Vault, ManualClock], Desks] | None = None,
) -> Iterator[DrawnShop]:  # fmt: skip
    """The panel of an empty shop whose clock stands at NOW. desks: makes those that the panel is to have, if not its own."""
    clock = ManualClock(NOW)
    with Vault(folder, clock) as vault:
        live = LiveView()
        quick = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        accounts = Accounts(vault, clock, quick)
        data = DataSettings(folder=folder, retention_days=30)
        shop = Shop(name="안심 편의점" if language == "ko" else "Ansim Store", language=language)  # type: ignore[arg-type]
        made: list[DrawnShop] = []
        own = desks(vault, clock) if desks else None
        panel = Panel(vault, live, lambda: made[0].health, shop, data, clock, accounts, own)
        made.append(DrawnShop(clock, vault, live, well(NOW), panel, create_app(panel, settings)))
        yield made[0]


def _stamp(utc: float) -> str:
    return f"{dt.datetime.fromtimestamp(utc, dt.UTC):%Y%m%dT%H%M%SZ}"
