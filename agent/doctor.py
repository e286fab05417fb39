"""Looks at this PC before trouble does: data folder, disk, models, panel port, cameras.

Comes in: the settings. Goes out: findings with advice, best read by `ansim doctor`.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.capture.address import parse_address
from agent.detection.engine import choose_engine
from agent.errors import AnsimError
from agent.settings import Settings
from agent.values import Text

CORES = 2
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. advice: what to do where it is not good."""

    what: Text
    good: bool
    advice: Text | None = None


def examine(settings: Settings) -> list[Finding]:
    """Everything that can be found out without starting the agent; writes nothing."""
    return [*_machine(), *_store(settings), *_detection(settings), *_panel(settings), *_cameras(settings)]


def _machine() -> Iterator[Finding]:
    cores = os.cpu_count() or 1
    yield Finding(
        Text(ko=f"CPU 코어 {cores}개", en=f"{cores} CPU cores"),
        cores >= CORES,
        None if cores >= CORES else Text(ko="코어가 2개 이상인 PC를 권합니다.", en="A PC with two cores or more is advised."),
    )
    zbar = ctypes.util.find_library("zbar") is not None
    yield Finding(
        Text(ko="QR 판독 라이브러리(libzbar0)", en="QR library (libzbar0)"),
        zbar,
        None
        if zbar
        else Text(ko="'sudo apt-get install libzbar0'으로 설치해 주세요.", en="Run 'sudo apt-get install libzbar0'."),
    )


def _store(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.folder
    place = _existing(folder)
    writable = os.access(place, os.W_OK)
    yield Finding(
        Text(ko=f"데이터 폴더 {folder}", en=f"Data folder {folder}"),
        writable,
        None
        if writable
        else Text(
            ko="이 폴더에 쓸 권한이 없습니다. --data로 다른 폴더를 고르세요.",
            en="It cannot be written. Choose another with --data.",
        ),
    )
    free = shutil.disk_usage(place).free
    enough = free > settings.data.min_free_gb * GB * 5
    yield Finding(
        Text(ko=f"남은 디스크 {free / GB:.0f}GB", en=f"{free / GB:.0f} GB of disk free"),
        enough,
        None
        if enough
        else Text(
            ko="카메라 한 대의 한 달 치에는 보통 20GB 이상이 필요합니다.",
            en="A month of one camera usually takes 20 GB or more.",
        ),
    )


def _detection(settings: Settings) -> Iterator[Finding]:
    try:
        engine = choose_engine(settings.detection)
    except AnsimError as fault:
        yield Finding(Text(ko="검출 모델", en="Detection models"), False, fault.text)
        return
    names = ", ".join(engine.running)
    yield Finding(Text(ko=f"검출: {names}", en=f"Detection: {names}"), True)
    for lack in engine.missing:
        yield Finding(lack.what, True, lack.cost)


def _panel(settings: Settings) -> Iterator[Finding]:
    host, port = settings.panel.host, settings.panel.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            free = True
        except OSError:
            free = False
    yield Finding(
        Text(ko=f"관리 화면 주소 {host}:{port}", en=f"Panel address {host}:{port}"),
        free,
        None
        if free
        else Text(
            ko="이미 쓰이고 있습니다. 안심이 켜져 있거나 다른 프로그램입니다.",
            en="In use: by Ansim itself, or by another program.",
        ),
    )


def _cameras(settings: Settings) -> Iterator[Finding]:
    if not settings.cameras:
        yield Finding(
            Text(ko="카메라 설정 없음: 그려진 데모 가게를 보여 줍니다", en="No camera configured: a drawn demo shop is shown"),
            True,
        )
    for camera in settings.cameras:
        try:
            address = parse_address(camera.source)
        except AnsimError as fault:
            yield Finding(Text(ko=f"카메라 '{camera.name}'", en=f"Camera '{camera.name}'"), False, fault.text)
        else:
            yield Finding(
                Text(ko=f"카메라 '{camera.name}': {address.shown}", en=f"Camera '{camera.name}': {address.shown}"), True
            )


def _existing(folder: Path) -> Path:
    place = folder.expanduser().absolute()
    while not place.exists():
        place = place.parent
    return place
