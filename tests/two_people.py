"""A shop in which the real program has filmed, masked and sealed two people, with an owner's key made before.

Comes in: a folder. Goes out: `TwoPeople`: where it lies, the incident, and which number each of the two has.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.app import App
from agent.clock import SystemClock
from agent.detection.engine import Engine
from agent.settings import Settings
from agent.values import EventKind
from agent.vault import IncidentRow, Vault
from agent.vault.owner_keys import Lock, OwnerKeys
from tests.canary_film import EMPTY_S, OTHER_SHIRT, SHIRT, Film, Walker, along
from tests.canary_run import Truth, settings_for

PASS = "네 낱말을 이어 쓴 암호 문구"
LEFT = along((EMPTY_S, 90.0, 60.0), (EMPTY_S + 3, 130.0, 60.0), (EMPTY_S + 6, 100.0, 60.0))
RIGHT = along((EMPTY_S, 390.0, 60.0), (EMPTY_S + 3, 350.0, 60.0), (EMPTY_S + 6, 380.0, 60.0))
FILM = Film(EMPTY_S + 9.0, (Walker(LEFT, SHIRT), Walker(RIGHT, OTHER_SHIRT)))


@dataclass
class TwoPeople:
    """What the program stored. left, right: numbers of the two people."""

    folder: Path
    settings: Settings
    incident: IncidentRow
    left: int
    right: int
    events: list[EventKind]

    def copied(self, to: Path) -> TwoPeople:
        """The same in a folder of its own, for a test to change."""
        shutil.copytree(self.folder, to)
        return replace(self, folder=to, settings=replace(self.settings, data=replace(self.settings.data, folder=to)))


def film_two_people(top: Path, lock: Lock | None = None) -> TwoPeople:
    """lock: shields the owner's keys; None: age's own, which costs a second a try."""
    settings = settings_for(top / "data", FILM.write(top / "film.mp4"))
    settings = replace(settings, shop=replace(settings.shop, name="안심 편의점"))
    (top / "data").mkdir()
    with Vault(top / "data", SystemClock()) as vault:
        OwnerKeys(top / "data" / "keys", SystemClock(), vault._note_owner_key, lock).make(PASS)
    people = Truth(FILM)
    app = App(settings, SystemClock(), once=True)
    app.engine = Engine(people, None, ("reference", people.name), ())
    app.start()
    try:
        app.wait()
        assert app.broken is None, app.broken
    finally:
        app.stop()
    with Vault(top / "data", SystemClock()) as vault:
        row = max(vault.incidents(), key=lambda row: sum(clip.frames for clip in row.clips))
        assert row.clip is not None
        middles = {
            track: np.median([point.box.centre.x for point in path])
            for track, path in vault.sidecar_of(row.clip).tracks.items()
        }
        events = [one.event.kind for one in vault.events()]
    left = min(middles, key=lambda track: middles[track])
    right = max(middles, key=lambda track: middles[track])
    return TwoPeople(top / "data", settings, row, left, right, events)
