"""Chooses the door's opener as the settings say, and refuses one that could lock people in.

Comes in: `DoorSettings`. Goes out: a `Door`, not started.
"""

from __future__ import annotations

from agent.clock import Clock
from agent.entry.door import Door, NoDoor
from agent.entry.relay import GpioRelay, Relay, RelayDoor, SerialRelay
from agent.entry.webhook import WebhookDoor
from agent.errors import ConfigError
from agent.settings import DoorSettings


def make_door(settings: DoorSettings, clock: Clock) -> Door:
    """Raises ConfigError where a field or an extra is missing, or where power lost would leave no way out."""
    if settings.opener == "none":
        return NoDoor()
    if settings.lock_inverted and not settings.other_way_out:
        raise ConfigError(
            ko="정전되면 잠기는 문(lock_inverted)은 나갈 다른 문이 있을 때만 맡을 수 있습니다. "
            "있으면 [entry.door]에 other_way_out = true를 적어 주세요.",
            en="A lock that locks without power (lock_inverted) needs another way out. "
            "If there is one, set other_way_out = true in [entry.door].",
        )
    if settings.opener == "webhook":
        return WebhookDoor(settings, clock)
    return RelayDoor(_relay(settings), clock, settings.open_s, inverted=settings.lock_inverted)


def _relay(settings: DoorSettings) -> Relay:
    if settings.opener == "gpio":
        return GpioRelay(settings.pin)
    if not settings.port:
        raise ConfigError(
            ko="[entry.door] port에 릴레이의 직렬 포트를 적어 주세요. 예: /dev/ttyUSB0",
            en="Name the relay's serial port in [entry.door] port, such as /dev/ttyUSB0.",
        )
    return SerialRelay(settings.port)
