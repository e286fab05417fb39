"""Puts a server on the air for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agent.clock import SystemClock
from agent.workers import Worker
from web import Server


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serves in a worker, as the agent does; stops and waits for the end."""
    worker = Worker("panel", lambda _stop, _beat: server.run(), SystemClock()).start()
    try:
        yield server
    finally:
        server.stop()
        assert worker.join(20)
