"""The gate at a drawn entrance, through real detection and tracking: what it says is what happened."""

from __future__ import annotations

from agent.capture.demo_door import DoorScene
from scripts.bench.gate import watched


def test_followers_are_found_and_nobody_else_is_called_one() -> None:
    counted = watched(DoorScene(4, walks=8))
    assert (counted["pairs"], counted["found"], counted["too many"]) == (4, 4, 0)
    assert (counted["others"], counted["false"], counted["false no code"]) == (4, 0, 0)
    assert counted["incidents tailgating"] == 4
