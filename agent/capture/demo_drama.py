"""Drawn scenes to score alarms on: one item each, in another shop, by other people and under another camera for each seed.

Comes in: an item and a seed. Goes out: a `DrawnScene`: its pictures, who and what is in them, and the events for which
alarms are due. Nobody was filmed. When each event begins is written in demo_acts.
"""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import numpy.typing as npt

from agent.capture.demo_acts import ACTS, ITEMS, Event, stage
from agent.capture.demo_bystanders import crowd
from agent.capture.demo_layout import furnished
from agent.capture.demo_lens import Lens
from agent.capture.demo_scene import ShopPicture
from agent.capture.demo_script import Script
from agent.capture.demo_truth import DemoTruth, truth_of
from agent.settings import DAYS, OpenHours, Zone

__all__ = ["ITEMS", "DrawnScene"]

FPS = 10
SHORTEST_S, LONGEST_S = 40.0, 72.0
AFTER_S = 15.0  # a scene goes on for so long after its event began, longer than an alarm may take
CLOSED = OpenHours(((),) * len(DAYS))


class DrawnScene:
    """Holding one means: you can ask for any moment of one scene; item and seed give the same scene every time.

    size: (width, height) of its pictures. fps: how many a second it is meant for. length_s: how long it is.
    """

    def __init__(self, item: str, seed: int, size: tuple[int, int] = (640, 360)) -> None:
        """item: one of ITEMS. Raises KeyError for another one."""
        dice = random.Random(f"{item} {seed}")
        self._layout = furnished(dice)
        on = stage(dice, self._layout)
        ACTS[item](on)
        crowd(on, quiet=item == "quiet")
        self._script = Script(
            parts=tuple(visit.part for visit in on.visits),
            taken=tuple(chain.from_iterable(visit.taken for visit in on.visits)),
            falls=tuple(chain.from_iterable(visit.falls for visit in on.visits)),
            things=tuple(chain.from_iterable(visit.things for visit in on.visits)),
            staff_door=tuple(on.staff_door),
            sway=tuple(on.sway),
        )
        ends = [visit.t for visit in on.visits] + [begin + AFTER_S for _, begin, _ in on.events]
        self.item, self.seed, self.size, self.fps = item, seed, size, FPS
        self.length_s = round(min(LONGEST_S, max(SHORTEST_S, *ends) + dice.uniform(1, 4)), 1)
        self.hours = OpenHours() if on.open_now else CLOSED
        self._events = tuple((what, round(begin, 2), round(min(end, self.length_s), 2)) for what, begin, end in on.events)
        self._lens = Lens(dice, size, mirrored=self._layout.mirrored, dark=on.dark)
        self._lens.flicker(tuple(on.flickers))
        self._shop = ShopPicture(self._layout)

    def picture(self, t: float) -> npt.NDArray[np.uint8]:
        """The camera's picture at second `t`, (height, width, 3) uint8 BGR; the caller's own."""
        return self._lens.seen(self._shop.picture(self._script.at(t)), t)

    def truth(self, t: float) -> DemoTruth:
        """Who and what is in the picture at second `t`, normalised to it."""
        return self._lens.truth(truth_of(self._script.at(t), self._layout))

    def events(self) -> tuple[Event, ...]:
        """(item, begins, ends) in seconds; an event that is not undone ends with the scene. Empty where no alarm is due."""
        return self._events

    def zones(self) -> tuple[Zone, ...]:
        """The zones as this shop's owner would draw them in this camera's picture."""
        drawn = ((name, kind, self._lens.polygon(corners)) for name, kind, corners in self._layout.zones())
        return tuple(Zone(name, kind, polygon) for name, kind, polygon in drawn if len(polygon) > 2)
