"""The acts that drawn scenes are about, one function each: what an alarm is due for, and when it is due. Pure.

Comes in: a `Stage` (dice, furniture, people to come). Goes out: what happens, and the true events. Where an event begins:
loitering when the stay in the zone reaches STAY_S; intrusion when the whole body is in the closed shop or the staff's zone;
left object when its owner is half a body's height away from it; collapse when the body has reached the floor; damage when the
board, the shelf or the glass gives way; a fight with its first blow; theft when somebody who has not paid steps onto the exit
for the last time; swept when the last goods are off the shelf (to leave with them is a theft, too); a forced till when it is
first wrenched at.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.capture.demo_body import FALL_S, figure_box
from agent.capture.demo_layout import SLOTS, Layout, within
from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_person import Colour, Facing, Figure, Look, looks
from agent.capture.demo_script import Swell, Thing
from agent.capture.demo_visit import FOR_EVER, Visit

STAY_S = 10.0  # KISA: loitering is a stay of ten seconds or more in the area
TILL_SPOTS = ((712.0, 462.0), (660.0, 498.0), (690.0, 516.0))  # at the till, and waiting for it
CALM_S = 6.5  # nobody comes before: an agent has to learn the empty shop
BAGS: tuple[Colour, ...] = ((96, 70, 40), (60, 60, 66), (70, 70, 150), (60, 110, 90), (120, 60, 100))

Event = tuple[str, float, float]  # item, begins, ends


@dataclass(slots=True)
class Stage:
    """What an act is written on. open_now: whether the shop is open; dark: most lamps are out.

    columns: of the shelf, each for one person; none: the shelf is not for bystanders. flickers: (when, for how long) the lamp
    goes dim. sway: of the entrance door.
    """

    dice: random.Random
    layout: Layout
    people: tuple[Look, ...]
    visits: list[Visit] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    staff_door: list[Swell] = field(default_factory=list)
    sway: list[Swell] = field(default_factory=list)
    flickers: list[tuple[float, float]] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    open_now: bool = True
    dark: bool = False

    def visit(self, who: str, at: float | None = None, speed: float | None = None) -> Visit:
        """Somebody new, who comes at `at` or when chance has it."""
        begin = self.dice.uniform(CALM_S, 15.0) if at is None else at
        visit = Visit(self.layout, who, self.people[len(self.visits)], begin, speed or self.dice.uniform(95, 140))
        visit.till = TILL_SPOTS[len(self.visits) % len(TILL_SPOTS)]
        self.visits.append(visit)
        return visit

    def slot(self, row: int | None = None) -> int:
        """A place on the shelf that nobody else goes to."""
        column = self.columns.pop() if self.columns else self.dice.randrange(SLOTS)
        return column + SLOTS * (self.dice.randrange(3) if row is None else row)

    def happens(self, item: str, begin: float, end: float) -> None:
        self.events.append((item, begin, end))


def stage(dice: random.Random, layout: Layout) -> Stage:
    columns = list(range(SLOTS))
    dice.shuffle(columns)
    return Stage(dice, layout, tuple(looks(dice, 9)), columns=columns)


def loitering(on: Stage) -> None:
    """Somebody hangs about by the drinks, with nothing in their hands."""
    visit, zone = on.visit("loiterer").go(175, 345), on.layout.corners("loiter")
    until = visit.t + on.dice.uniform(26, 36)
    while visit.t < until:
        visit.go(on.dice.uniform(165, 425), on.dice.uniform(258, 274))
        visit.do(on.dice.choice(("look", "phone", "phone")), on.dice.uniform(4, 9), on.dice.choice(("front", "back")))
    entered = visit.first(lambda f: within(zone, f.x, f.y))
    left = visit.t
    visit.go(185, 348).go(-70, 425)
    on.happens("loitering", entered + STAY_S, left)


def intrusion(on: Stage) -> None:
    """Somebody in the shop while it is closed, or at the staff's door."""
    if on.dice.random() < 0.5:
        on.open_now, on.dark = False, on.dice.random() < 0.6
        visit = on.visit("intruder").come_in()
        for _ in range(on.dice.randint(2, 3)):
            visit.to_slot(on.dice.randrange(2 * SLOTS)).do(on.dice.choice(("look", "reach")), on.dice.uniform(2, 4), "back")
        visit.leave()
        entered = visit.first(lambda f: figure_box(f).left >= 0)
        on.happens("intrusion", entered, visit.t)
        return
    visit = on.visit("snooper").go(230, 486).go(640, 452).go(668, 400).go(on.dice.uniform(786, 812), on.dice.uniform(258, 268))
    opened = visit.t + 1.2
    visit.do("try", 2.0, "back").do("peek", on.dice.uniform(5, 9), "back")
    on.staff_door.append((opened, opened + 1.0, visit.t - 0.5, visit.t + 0.4))
    left = visit.t
    visit.go(650, 400).go(640, 452).leave()
    entered = visit.first(lambda f: _wholly(on.layout, f))
    on.happens("intrusion", entered, left)


def _wholly(layout: Layout, figure: Figure) -> bool:
    box, zone = figure_box(figure), layout.corners("staff")
    edges = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    return all(within(zone, x * WIDTH, y * HEIGHT) for x, y in edges)


# Where a bag may be put down: where its owner stands (the bag lies a little to the right), and the way there.
BAG_SPOTS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((230, 476), (640, 456), (664, 372)),
    ((230, 500), (520, 512)),
    ((185, 345), (470, 266)),
    ((230, 480), (610, 480)),
)


def bag_beside(on: Stage, visit: Visit) -> Thing:
    """The bag that `visit` is going to put down where it stands."""
    x, y = visit.spot
    return Thing("bag", x + (128 + (y - 250) * 0.46) * 0.19, y + 3, on.dice.choice(BAGS))


def left_object(on: Stage) -> None:
    """Somebody puts a bag down, lingers, and leaves without it."""
    visit = on.visit("forgetter").hold("bag")
    for x, y in on.dice.choice(BAG_SPOTS):
        visit.go(x, y)
    thing = bag_beside(on, visit)
    visit.put_down(thing, 1.6).do("look", on.dice.uniform(1, 4), on.dice.choice(("front", "back")))
    stood = visit.t
    visit.leave()
    away = visit.first(lambda f: not _near(f, thing), stood)
    on.happens("left_object", away, FOR_EVER)


def _near(figure: Figure, thing: Thing) -> bool:
    half = figure.height / 2
    return figure_box(figure).overlap(thing.box.grown(half / WIDTH, half / HEIGHT)) > 0


def collapse(on: Stage) -> None:
    """Somebody falls to the floor and lies there."""
    visit = on.visit("fainter").come_in()
    if on.dice.random() < 0.5:
        visit.take(on.slot(on.dice.randrange(2)))
    face: Facing = on.dice.choice(("left", "right"))
    visit.go(on.dice.uniform(250, 440) if face == "right" else on.dice.uniform(440, 620), on.dice.uniform(470, 505))
    visit.do("look", on.dice.uniform(0.5, 2), "back").hold("")
    fell = visit.t + FALL_S
    visit.do("fall", FALL_S, face).do("lie", on.dice.uniform(19, 26), face)
    on.happens("collapse", fell, visit.t)


def damage(on: Stage) -> None:
    """Somebody pushes the shelf over, knocks the board down or breaks the fridge's glass, and is off."""
    what = on.dice.choice(("shelf", "board", "glass"))
    visit = on.visit("vandal", speed=on.dice.uniform(120, 150))
    left, _, _, bottom = on.layout.shelf
    if what == "shelf":
        visit.go(185, 350).go(max(250, left - 20), bottom - 18).go(left + on.dice.uniform(90, 170), bottom - 40)
        visit.do("look", 1.2).do("push", 1.0)
        on.columns.clear()
        visit.falls.append(("shelf", visit.t, FOR_EVER))
        begin = visit.t
        visit.do("push", 0.8).do("startle", 0.8)
        visit.go(max(240, left - 40), bottom - 20)
    elif what == "board":
        visit.go(230, 480).go(640, 456).go(652, 330).do("look", 1.0, "right").do("strike", 0.9, "right")
        begin = visit.t - 0.2
        visit.falls.append(("board", begin, FOR_EVER))
        visit.do("look", 0.6, "right").go(640, 456)
    else:
        fridge = on.layout.fridge
        visit.go(185, 345).go((fridge[0] + fridge[2]) / 2 + on.dice.uniform(-30, 10), 262)
        visit.do("look", 0.8, "back").do("smash", on.dice.uniform(1.2, 2.0), "back")
        begin = visit.t - 0.7
        visit.falls.append(("glass", begin, FOR_EVER))
        visit.go(230, 350)
    visit.leave(on.dice.uniform(190, 240))
    on.happens("damage", begin, FOR_EVER)


def fight(on: Stage) -> None:
    """Two come, quarrel and hit each other."""
    x, y = on.dice.uniform(300, 520), on.dice.uniform(466, 500)
    one = on.visit("attacker").come_in().go(x, y)
    two = on.visit("victim", at=max(CALM_S, one.t - on.dice.uniform(3, 6))).go(230, y + 14)
    two.go(x + 74, y + 2)
    begin = max(one.t, two.t) + on.dice.uniform(1, 2)
    one.do("look", begin - one.t, "right")
    two.do("look", begin - two.t, "left")
    rounds = on.dice.randint(2, 3)
    for number in range(rounds):
        spell = on.dice.uniform(3, 4.5)
        one.do("strike" if number % 2 == 0 else "stagger", spell, "right")
        two.do("stagger" if number % 2 == 0 else "strike", spell, "left")
    on.happens("fight", begin, one.t)
    one.leave(210)
    two.do("look", 3, "front").leave()


def theft(on: Stage) -> None:
    """Somebody takes goods, hides them or carries them off, and leaves past the till."""
    visit = on.visit("thief").come_in()
    for _ in range(on.dice.randint(1, 2)):
        visit.take(on.slot(on.dice.randrange(2)))
        if on.dice.random() < 0.7:
            visit.hide()
    if on.dice.random() < 0.4:
        visit.go(on.dice.uniform(300, 560), 486).do(on.dice.choice(("look", "phone")), 2.0)
    visit.leave()
    _leaves_unpaid(on, visit)


def _leaves_unpaid(on: Stage, visit: Visit) -> None:
    taken, door = visit.taken[-1][1], on.layout.corners("exit")
    on.happens("theft", visit.first(lambda f: within(door, f.x, f.y), taken), visit.t)


def swept(on: Stage) -> None:
    """Somebody sweeps whole rows of goods into a sack."""
    visit = on.visit("sweeper").come_in()
    rows, quick = on.dice.sample(range(3), on.dice.randint(2, 3)), on.dice.uniform(38, 60)
    visit.to_slot(0)
    start, usual = visit.t, visit.speed
    visit.speed = quick
    visit.hold("sack").go(visit.spot[0] + 44 * SLOTS - 20, visit.spot[1], doing="sweep", face="back")
    each = (visit.t - start) / SLOTS
    for row in rows:
        visit.taken += [(row * SLOTS + n, start + (n + 0.8) * each, FOR_EVER) for n in range(SLOTS)]
    on.columns.clear()
    on.happens("swept", visit.t - 0.2 * each, visit.t)
    visit.leave(usual * 1.3)
    _leaves_unpaid(on, visit)


def forced_till(on: Stage) -> None:
    """Somebody wrenches at the till for long."""
    visit = on.visit("robber").come_in().go(400, 480)
    visit.to_till().do("look", 1.0, "right")
    begin = visit.t
    visit.do("pry", on.dice.uniform(16, 24), "right")
    on.happens("forced_till", begin, visit.t)
    visit.leave(190)


ACTS: dict[str, Callable[[Stage], None]] = {
    "loitering": loitering,
    "intrusion": intrusion,
    "left_object": left_object,
    "collapse": collapse,
    "damage": damage,
    "fight": fight,
    "theft": theft,
    "swept": swept,
    "forced_till": forced_till,
    "quiet": lambda _: None,
}
ITEMS = tuple(ACTS)
