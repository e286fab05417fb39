"""What the owner can set for entry by QR: cameras, the line of the entrance, the door opener, the screen at the door. Pure.

Comes in: nothing. Goes out: `EntrySettings` and its parts; `agent.settings` takes them in, config/default.toml explains them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.rule_settings import number
from agent.values import Point

MIDDLE = Point(0.5, 0.5)


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What opens the door. opener "none": nothing does (it stands open, or somebody presses a button).

    url: asked with POST ("webhook"); secret: signs what is sent, if any; pin: BCM number ("gpio"); port: of the relay board
    ("serial"), e.g. /dev/ttyUSB0. open_s: how long it stays unlocked. lock_inverted: the relay locks when it is off: then
    power lost means locked, which no fire exit may be, so the agent refuses it unless another way out is confirmed.
    """

    opener: Literal["none", "webhook", "gpio", "serial"] = "none"
    url: str = ""
    secret: str = ""
    pin: int = number(17, 0, 27)
    port: str = ""
    open_s: float = number(5.0, 0.5, 60.0)
    lock_inverted: bool = False
    other_way_out: bool = False

    def __repr__(self) -> str:  # url and secret may hold a password
        return f"DoorSettings(opener={self.opener!r}, open_s={self.open_s})"


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """The pages for customers (screen at the door, sign-up, the phone's pass), on a port of their own without the panel.

    public_url: under which phones reach them (https://...), for links and QR codes; "": http(s)://host:port.
    certificate, private_key: PEM files for TLS; both "": plain HTTP. call: telephone number that the screen's call button
    shows; "": it only tells the owner.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = number(8788, 0, 65535)
    public_url: str = ""
    certificate: str = ""
    private_key: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True)
class OutsideSettings:
    """An outside identity (OpenID Connect) with which people may sign up, where self_sign_up is on. issuer "": off.

    label: how people call the service; "": its host.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    label: str = ""

    def __repr__(self) -> str:
        return f"OutsideSettings(issuer={self.issuer!r})"


@dataclass(frozen=True, slots=True)
class EntrySettings:
    """Entry by QR. reader: id of the camera that looks at phones and cards; gate: of the one that shows the entrance; "": none.

    line: two points across the entrance in the gate camera's picture, on the floor; inside: a point inside the shop. wait_s:
    how long after a code one may come in; tail_s: who comes in so soon behind somebody, without a code, is tailgating.
    passback_s: who came in and did not leave cannot come in again for so long; 0: can. scanner: device of a USB scanner that
    types, e.g. /dev/input/by-id/...; "": none. self_sign_up: customers may sign up by the QR at the door.
    """

    enabled: bool = False
    reader: str = ""
    gate: str = ""
    line: tuple[Point, ...] = ()
    inside: Point = MIDDLE
    wait_s: float = number(12.0, 1.0, 120.0)
    tail_s: float = number(5.0, 0.5, 60.0)
    passback_s: float = number(43_200.0, 0.0, 604_800.0)
    scanner: str = ""
    self_sign_up: bool = False
    door: DoorSettings = DoorSettings()
    kiosk: KioskSettings = KioskSettings()
    outside: OutsideSettings = OutsideSettings()
