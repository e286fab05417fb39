"""Threads that stop when asked, are started anew when they fail, and show that they live."""

from __future__ import annotations

import logging
import threading

import pytest

from agent.clock import ManualClock, SystemClock
from agent.workers import Failure, Heartbeat, Latest, Stop, Worker, shielded


def test_a_worker_runs_until_it_is_asked_to_stop() -> None:
    def body(stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.pause(0.001):
            heartbeat.beat()

    worker = Worker("w", body, SystemClock())
    worker.start()
    assert worker.alive
    worker.ask_stop()
    assert worker.join(5)


def test_a_failing_body_is_started_anew_and_each_failure_told_once(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []
    told: list[BaseException] = []
    done = threading.Event()

    def body(stop: Stop, heartbeat: Heartbeat) -> None:
        runs.append(1)
        if len(runs) < 3:
            raise ValueError("the same")
        done.set()

    with caplog.at_level(logging.ERROR):
        worker = Worker("w", body, SystemClock(), on_failure=told.append, longest_pause=0.01)
        worker.start()
        assert done.wait(10)
        worker.join(5)
    assert len(runs) == 3
    assert worker.failures == 2
    assert len(told) == 1
    assert len([r for r in caplog.records if "w failed" in r.message]) == 1


def test_a_worker_that_must_not_restart_keeps_its_error() -> None:
    def body(stop: Stop, heartbeat: Heartbeat) -> None:
        raise ValueError("once")

    worker = Worker("w", body, ManualClock(), restart=False)
    worker.start()
    assert worker.join(5)
    assert isinstance(worker.error, ValueError)


def test_the_newest_thing_replaces_what_nobody_took() -> None:
    slot: Latest[int] = Latest()
    slot.put(1)
    slot.put(2)
    assert slot.take(1) == 2
    assert slot.dropped == 1
    assert slot.take(0.01) is None


def test_a_closed_slot_lets_its_waiter_go() -> None:
    slot: Latest[int] = Latest()
    taken: list[int | None] = []
    waiter = threading.Thread(target=lambda: taken.append(slot.take(60)))
    waiter.start()
    slot.close()
    waiter.join(5)
    assert taken == [None]


def test_a_shielded_failure_is_a_value() -> None:
    assert shielded(lambda: 1) == 1
    failed = shielded(lambda: 1 // 0)
    assert isinstance(failed, Failure)
    assert isinstance(failed.error, ZeroDivisionError)


def test_a_heartbeat_knows_its_age() -> None:
    clock = ManualClock()
    beat = Heartbeat(clock)
    beat.beat()
    clock.advance(7)
    assert beat.age == 7
