"""The camera's view is covered, blurred, turned or frozen, or the camera is lost."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.scene import Scene, Sign
from agent.settings import CameraFaultSettings, IncidentSettings
from agent.values import Severity, Text, ViewFault

_VIEW, _STREAM = "view", "stream"  # a lens half covered is blurred, then covered: one matter

_SAID: dict[ViewFault, tuple[str, Severity, Text]] = {
    ViewFault.COVERED: (
        _VIEW,
        Severity.NOW,
        Text(
            ko="카메라가 가려졌습니다. 렌즈 앞을 확인해 주세요.",
            en="The camera is covered. Check what is in front of its lens.",
        ),
    ),
    ViewFault.TURNED: (
        _VIEW,
        Severity.SOON,
        Text(
            ko="카메라가 다른 곳을 보고 있습니다. 방향을 확인해 주세요.", en="The camera looks elsewhere. Check its direction."
        ),
    ),
    ViewFault.BLURRED: (
        _VIEW,
        Severity.NOTE,
        Text(ko="카메라 화면이 흐려졌습니다. 렌즈를 닦아 주세요.", en="The camera's picture is blurred. Clean its lens."),
    ),
    ViewFault.FROZEN: (
        _STREAM,
        Severity.SOON,
        Text(
            ko="카메라 화면이 멈췄습니다. 카메라를 다시 켜 주세요.", en="The camera's picture stands still. Restart the camera."
        ),
    ),
    ViewFault.LOST: (
        _STREAM,
        Severity.SOON,
        Text(
            ko="카메라 연결이 끊겼습니다. 전원과 네트워크를 확인해 주세요.",
            en="The camera is not connected. Check its power and network.",
        ),
    ),
}


def camera_fault(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each fault that has lasted long enough. Only its beginning is kept: a dark picture shows nothing new."""
    if not settings.camera.enabled:
        return
    for fault, (key, severity, reason) in _SAID.items():
        lasted = scene.view.get(fault)
        if lasted is not None and lasted >= patience(fault, settings.camera):
            yield Sign("camera", key, reason, severity, since_s=scene.stamp.source_s - lasted, parts=1)


def patience(fault: ViewFault, settings: CameraFaultSettings) -> float:
    """How many seconds the fault must last."""
    return {
        ViewFault.COVERED: settings.covered_s,
        ViewFault.BLURRED: settings.blurred_s,
        ViewFault.TURNED: settings.turned_s,
        ViewFault.FROZEN: settings.frozen_s,
        ViewFault.LOST: settings.lost_s,
    }[fault]
