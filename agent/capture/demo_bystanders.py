"""Who else is in a drawn scene: customers who pay, and harmless things that look like something else; none is due an alarm.

Comes in: a `Stage`. Goes out: further visits on it, and flickers of the lamp and swaying of the door.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.capture.demo_acts import CALM_S, Stage, bag_beside
from agent.capture.demo_body import figure_box
from agent.capture.demo_person import figure
from agent.capture.demo_visit import Visit
from agent.values import Box

LATEST_S = 20.0  # when the last bystander comes in
DUE_S, CLEAR_S = 8.0, 4.0
TRIES = 12


def shopper(on: Stage) -> None:
    """Takes something and pays; or only looks where the shelf is not to be used."""
    visit = _comes(on)
    if on.columns:
        visit.come_in()
        for _ in range(on.dice.randint(1, 2)):
            visit.take(on.slot())
        visit.pay(on.dice.uniform(4, 6)).leave()
    else:
        looker(on, visit)


def looker(on: Stage, visit: Visit | None = None) -> None:
    """Looks at the goods along the wall, walking slowly past them, and leaves with nothing."""
    visit = visit or _comes(on)
    visit.go(230, 476).go(650, 452).go(655, 350)
    visit.do("look", on.dice.uniform(2, 5), "back").go(640, 456).leave()


def squatter(on: Stage) -> None:
    """Squats down before the lowest board of the shelf, for long, takes something from it and pays."""
    visit = _comes(on).come_in()
    slot = on.slot(2)
    visit.to_slot(slot).do("squat", on.dice.uniform(3, 6), "back").take(slot)
    visit.pay().leave()


def lace(on: Stage) -> None:
    """Ties a shoe in the middle of the shop, shops and pays."""
    visit = _comes(on).come_in().go(on.dice.uniform(240, 330), 480)
    visit.do("tie", on.dice.uniform(2.0, 2.8), on.dice.choice(("left", "right")))
    if on.columns:
        visit.take(on.slot())
    visit.pay().leave()


def bag_by(on: Stage) -> None:
    """Puts a bag down, looks at the goods right beside it, and takes it along."""
    visit = _comes(on).hold("bag").go(230, 476).go(on.dice.uniform(520, 600), 480)
    visit.put_down(bag_beside(on, visit), 1.5).do("look", on.dice.uniform(2, 4), "back")
    visit.pick_up(1.5).leave()


def hurried(on: Stage) -> None:
    """Comes in at a run, finds what they want, pays and runs out."""
    visit = _comes(on, 215).come_in()
    if on.columns:
        visit.take(on.slot(0))
    visit.pay(4.0).leave(240)


def waver(on: Stage) -> None:
    """Waves to somebody, and phones."""
    visit = _comes(on).come_in().go(on.dice.uniform(280, 420), 480)
    visit.do("wave", 2.5, on.dice.choice(("front", "left"))).do("phone", on.dice.uniform(3, 5)).leave()


def passer(on: Stage) -> None:
    """Goes straight through the place where people loiter, with a short look at the drinks."""
    visit = _comes(on).go(175, 345).go(on.dice.uniform(200, 330), 268)
    visit.do("look", on.dice.uniform(1.5, 4), "back").go(185, 348).go(-70, 425)


def undecided(on: Stage) -> None:
    """Takes goods, looks at them, puts them back and leaves."""
    visit = _comes(on).come_in()
    visit.take(on.slot(on.dice.randrange(2))).do("look", on.dice.uniform(1.5, 3), "front")
    visit.put_back().leave()


def flicker(on: Stage) -> None:
    """The lamp goes dim for a moment, now and then."""
    begin = on.dice.uniform(CALM_S, 30)
    on.flickers += [
        (begin + number * on.dice.uniform(0.8, 6), on.dice.uniform(0.2, 0.7)) for number in range(on.dice.randint(1, 4))
    ]


def sway(on: Stage) -> None:
    """The wind moves the entrance door."""
    begin = on.dice.uniform(CALM_S, 25)
    for number in range(on.dice.randint(2, 4)):
        at = begin + number * 2.2
        on.sway.append((at, at + 0.8, at + 1.0, at + 2.0))


AT_SHELF: tuple[Callable[[Stage], None], ...] = (squatter, undecided)  # these need a place at the shelf
ANYWHERE: tuple[Callable[[Stage], None], ...] = (lace, bag_by, hurried, waver, passer, flicker, sway)


def crowd(on: Stage, *, quiet: bool) -> None:
    """Add who else is there: in a quiet scene lookalikes and a customer, else up to two others, half of them lookalikes.

    An alarm can be due only for what can be seen, so the others are drawn anew while they hide what the scene is about.
    """
    if quiet:
        shopper(on)
        for act in on.dice.sample((*AT_SHELF, *ANYWHERE), on.dice.randint(2, 3)):
            act(on)
        return
    actors = len(on.visits)
    for _ in range(TRIES if on.open_now else 0):
        columns, flickers, swaying = list(on.columns), len(on.flickers), len(on.sway)
        _add(on)
        if all(_shows(on, actors, item, begin) for item, begin, _ in on.events):
            return
        del on.visits[actors:], on.flickers[flickers:], on.sway[swaying:]
        on.columns[:] = columns


def _add(on: Stage) -> None:
    for _ in range(on.dice.choice((0, 1, 1, 2))):
        odd = on.dice.random() < 0.5
        act = on.dice.choice((*AT_SHELF, *ANYWHERE) if len(on.columns) > 1 else ANYWHERE) if odd else shopper
        act(on)


def _shows(on: Stage, actors: int, item: str, begin: float) -> bool:
    """Whether nobody else hides what an event is about for CLEAR_S on end, in the time in which its alarm is due."""
    clear = 0
    for step in range(round(2 * DUE_S)):
        t = begin + step / 2
        others = [figure_box(f) for visit in on.visits[actors:] if (f := figure(visit.part, t)) is not None]
        clear = 0 if any(box.overlap(mark) for box in others for mark in _marks(on, actors, item, t)) else clear + 1
        if clear >= 2 * CLEAR_S:
            return True
    return False


def _marks(on: Stage, actors: int, item: str, t: float) -> list[Box]:
    """What shows that it happened: empty places, what was left or broken, else whoever does it."""
    mine = on.visits[:actors]
    if item in ("theft", "swept"):
        return [on.layout.slot_box(slot) for visit in mine for slot, *_ in visit.taken]
    if item == "left_object":
        return [thing.box for visit in mine for thing, *_ in visit.things]
    if item == "damage":
        return [on.layout.fixture_box(what) for visit in mine for what, *_ in visit.falls]
    return [figure_box(f) for visit in mine if (f := figure(visit.part, t)) is not None]


def _comes(on: Stage, speed: float | None = None) -> Visit:
    return on.visit("customer", on.dice.uniform(CALM_S, LATEST_S), speed)
