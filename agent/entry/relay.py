"""A door whose lock is switched by a relay: at a pin of a Raspberry Pi, or on a board at a serial port.

Comes in: settings. Goes out: a `RelayDoor` over a `Relay`. The relay's rest is what power lost would make of it. Usual wiring:
at rest the door is unlocked, so the relay is held to lock, and power lost opens the door. With `lock_inverted` it is the
other way round, which the settings allow only where there is another way out.

Serial boards: those that take A0 01 01 A2 and A0 01 00 A1 at 9600 baud (LCUS-1 and its kin), one relay.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from agent.clock import Clock
from agent.entry.door import DoorError, Opening
from agent.errors import ConfigError
from agent.values import Text
from agent.workers import Failure, Heartbeat, Latest, Stop, Worker, shielded

log = logging.getLogger(__name__)

WAIT_S = 1.0
AGAIN_S = 10.0  # how often the relay is told its state anew: a board that was pulled out comes back at rest
STOP_S = 5.0
BAUD = 9600
SERIAL_S = 1.0
ON, OFF = bytes.fromhex("A00101A2"), bytes.fromhex("A00100A1")


class Relay(Protocol):
    """Holding one means: you may switch a relay. how: the opener's name in the settings."""

    @property
    def how(self) -> str: ...

    def switch(self, *, on: bool) -> None:
        """Raises DoorError."""
        ...

    def release(self) -> None:
        """Let it go to its rest. Raises DoorError."""
        ...


class SerialRelay:
    """A relay board at a serial port. The port is opened for each word, so a board that was pulled out works again at once."""

    how = "serial"

    def __init__(self, port: str) -> None:
        """Raises ConfigError where pyserial is not installed."""
        try:
            import serial
        except ImportError as wrong:
            raise _without("serial", "pyserial") from wrong
        self._port = port
        self._serial = serial.Serial

    def switch(self, *, on: bool) -> None:
        """See Relay.switch."""
        self._say(ON if on else OFF)

    def release(self) -> None:
        """See Relay.release: the board keeps its state, so it is told."""
        self._say(OFF)

    def _say(self, word: bytes) -> None:
        said = shielded(lambda: self._write(word))  # not only OSError: termios has an error of its own
        if isinstance(said, Failure):
            raise DoorError(
                ko=f"출입문 릴레이({self._port})에 쓸 수 없습니다. 케이블과 장치 권한(dialout 그룹)을 확인해 주세요.",
                en=f"The door's relay at {self._port} cannot be written to. Check its cable and permission (group dialout).",
            ) from said.error

    def _write(self, word: bytes) -> None:
        with self._serial(self._port, BAUD, timeout=SERIAL_S, write_timeout=SERIAL_S, exclusive=True) as port:
            port.write(word)
            port.flush()


class GpioRelay:
    """A relay at a pin (BCM number) of a Raspberry Pi. Let go, the pin becomes an input and the relay rests.

    When the process is killed, it depends on the system whether the pin keeps its state; `RelayDoor` locks again at its start.
    """

    how = "gpio"

    def __init__(self, pin: int, pins: Any = None) -> None:
        """pins: gpiozero's pin factory; None: the one of this machine. Raises ConfigError where gpiozero is not installed."""
        try:
            from gpiozero import OutputDevice
        except ImportError as wrong:
            raise _without("gpio", "gpiozero") from wrong
        self._pin = pin
        self._make: Callable[[bool], Any] = lambda on: OutputDevice(pin, initial_value=on, pin_factory=pins)
        self._device: Any = None

    def switch(self, *, on: bool) -> None:
        """See Relay.switch."""
        self._do(lambda: self._set(on))

    def release(self) -> None:
        """See Relay.release."""
        device, self._device = self._device, None
        if device is not None:
            self._do(device.close)

    def _set(self, on: bool) -> None:
        if self._device is None:
            self._device = self._make(on)
        self._device.value = on

    def _do(self, call: Callable[[], None]) -> None:
        done = shielded(call)  # each of gpiozero's back ends has errors of its own
        if isinstance(done, Failure):
            raise DoorError(
                ko=f"핀 {self._pin}을(를) 쓸 수 없습니다. 라즈베리 파이인지, gpio 그룹 권한이 있는지 확인해 주세요.",
                en=f"Pin {self._pin} cannot be used. Check that this is a Raspberry Pi and that you are in the group gpio.",
            ) from done.error


class RelayDoor:
    """Holding one means: the lock hangs on a relay, and once started it is locked but for the seconds after `open`."""

    def __init__(self, relay: Relay, clock: Clock, open_s: float, *, inverted: bool) -> None:
        """inverted: the relay locks when it rests."""
        self.how = relay.how
        self.trouble: Text | None = None
        self._relay = relay
        self._clock = clock
        self._open_s = open_s
        self._on_is_locked = not inverted
        self._guard = threading.Lock()
        self._until: float | None = None  # unlocked until then (monotonic)
        self._told = float("-inf")  # when the relay was last told its state
        self._wake: Latest[bool] = Latest()
        self.worker = Worker("entry-door", self._work, clock)

    def start(self) -> None:
        """See Door.start."""
        self.worker.start()

    def open(self, entry_id: str) -> Opening:
        """See Door.open. Asked again meanwhile, it stays unlocked for longer."""
        del entry_id
        with self._guard:
            trouble = self._switch(locked=False)
            if trouble is None:
                self._until = self._clock.monotonic() + self._open_s
        self._wake.put(True)
        return Opening(ok=trouble is None, how=self.how, error=trouble)

    def close(self) -> None:
        """See Door.close."""
        self.worker.ask_stop()
        self._wake.close()
        if self.worker.alive:
            self.worker.join(STOP_S)
        with self._guard:
            let_go = shielded(self._relay.release)
        if isinstance(let_go, Failure):
            log.warning("the door's relay could not be let go: %s", let_go.error)

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            self._wake.take(self._settle())

    def _settle(self) -> float:
        """Lock when it is time to, and tell the relay its state now and then; gives the seconds until the next look."""
        with self._guard:
            now = self._clock.monotonic()
            if self._until is not None and now < self._until:
                return min(self._until - now, WAIT_S)
            due = self._until is not None or now - self._told >= (WAIT_S if self.trouble is not None else AGAIN_S)
            if due and self._switch(locked=True) is None:
                self._until = None
        return WAIT_S

    def _switch(self, *, locked: bool) -> Text | None:
        """Tell the relay; gives what is wrong. A relay that does not answer is left as it is and tried again."""
        self._told = self._clock.monotonic()
        try:
            self._relay.switch(on=locked is self._on_is_locked)
        except DoorError as wrong:
            if self.trouble is None:
                log.warning("%s", wrong)
            self.trouble = wrong.text
        else:
            if self.trouble is not None:
                log.warning("the door's relay works again")
            self.trouble = None
        return self.trouble


def _without(extra: str, library: str) -> ConfigError:
    return ConfigError(
        ko=f"이 출입문에는 {library}이(가) 필요합니다. 'pip install \"ansim[{extra}]\"'로 설치해 주세요.",
        en=f"This door needs {library}. Install it with 'pip install \"ansim[{extra}]\"'.",
    )
