"""PINs: which may be one, and that they are checked without being kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from agent.entry.pin import PinHasher, is_pin, new_number

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize("pin", ["2580", "0000001", "13579135", "9041"])
def test_good_pins(pin: str) -> None:
    assert is_pin(pin)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "1234", "987654", "5555", "12a4", "１３５８", "-135", " 2580"])
def test_bad_pins(pin: str) -> None:
    assert not is_pin(pin)


def test_a_pin_fits_its_hash_alone_and_is_not_in_it() -> None:
    pins = PinHasher(bytes(32), QUICK)
    kept = pins.hash("2580")
    assert "2580" not in kept
    assert pins.fits(kept, "2580")
    assert not pins.fits(kept, "2581")
    assert not pins.fits(None, "2580")
    assert not pins.fits("half a hash", "2580")
    assert not pins.fits(kept, "2580" * 5000)
    assert kept != pins.hash("2580")


def test_without_the_devices_key_the_right_pin_does_not_fit() -> None:
    kept = PinHasher(bytes(32), QUICK).hash("2580")
    assert not PinHasher(bytes([1]) * 32, QUICK).fits(kept, "2580")


def test_numbers_have_six_digits() -> None:
    numbers = {new_number() for _ in range(200)}
    assert len(numbers) > 190
    assert all(len(number) == 6 and number[0] != "0" for number in numbers)
