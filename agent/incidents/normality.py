"""How unusual a visit is for this shop, learned from the shop's own quiet days. Pure; no pictures and no ways are kept.

Comes in: finished passages. Goes out: a score from 0 to 1 and the reasons in words. It ranks what the owner looks at first; it
never raises an alarm alone, for the unusual is seldom a theft.

Per camera it keeps how often each length of stay, way, speed, number of stops and reach was seen (histograms whose bins grow by
a fifth each), how much time is spent where, and how many come at which hour. All of it fades with a half-life of thirty days,
so that the shop may change. Each passage counts as one, however long it lasted: nobody can teach the shop a habit alone.

Each feature answers with the share p of visits at least as far out; the score is (1 - smallest p) to the power of the number of
features, which for usual visits lies anywhere in 0..1 with about the same chance. A feature is named as a
reason only where it also differs much from most visits: of visits that are all alike some are the last, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.incidents.passage import CELLS, Measured, Passage, measured
from agent.values import Text

VERSION = 1
DAY_S = 86400.0
HALF_LIFE_DAYS = 30
LONGEST_STEP_DAYS = 60  # a clock that jumps years ahead forgets no more than two months do
NEEDED = 50.0  # visits (faded) before anything is said
HOURS_NEEDED_DAYS = 14  # each hour of the week has come twice before one is called rare
NOTABLE = 0.05  # share of visits below which a feature is a reason,
FURTHER = 1.5  # if it is also so many times what most visits stay below:
QUIETER = 0.5  # or the hour has so small a share of the visits of a usual one. Somebody is always the last of a hundred.
REASONS = 3
CAMERAS = 64
BINS, HOURS = 64, 168
_GROWTH, _LEAST = 1.2, 0.01  # a bin's upper end over its lower one; the end of the first bin
_PRIOR = 0.5  # visits assumed in the tail, so that no share is ever 0

Counts = NDArray[np.float64]
# What a histogram is kept of: the value, and the unit in which bins begin at `_LEAST`.
_VALUES: Mapping[str, Callable[[Measured], float]] = {
    "dwell": lambda m: m.dwell_s / 60,
    "length": lambda m: m.length,
    "speed": lambda m: m.speed,
    "stops": lambda m: m.stops / 10,
    "reach": lambda m: len(m.cells) / 10,
}
_PLACE, _HOUR = "place", "hour"
_FEATURES = (*_VALUES, _PLACE, _HOUR)


@dataclass(frozen=True, slots=True)
class Unusual:
    """score: 0 as usual as can be .. 1; 0 as long as `known` is False (too few visits were seen). reasons: strongest first."""

    score: float
    reasons: tuple[Text, ...] = ()
    known: bool = True


@dataclass(slots=True)
class _Seen:
    """One camera's memory. first_day, last_day: days since 1970 (UTC), no finer, or the file would tell when somebody was there
    first and last; visits: faded number.
    """

    first_day: int
    last_day: int
    visits: float
    counts: dict[str, Counts]
    heat: Counts
    hours: Counts

    @classmethod
    def empty(cls, now_s: float) -> _Seen:
        return cls(
            _day(now_s),
            _day(now_s),
            0.0,
            {name: np.zeros(BINS) for name in (*_VALUES, _PLACE)},
            np.zeros(CELLS),
            np.zeros(HOURS),
        )

    def fade(self, now_s: float) -> None:
        """Up to the day of `now_s`. A clock that was set back fades nothing and goes on from there."""
        today = _day(now_s)
        gone = min(today - self.last_day, LONGEST_STEP_DAYS)
        self.last_day, self.first_day = today, min(self.first_day, today)
        if gone <= 0:
            return
        left = 0.5 ** (gone / HALF_LIFE_DAYS)
        self.visits *= left
        for counts in (*self.counts.values(), self.heat, self.hours):
            np.multiply(counts, left, out=counts)


class ShopNormality:
    """What is usual in this shop, camera by camera. Ask `score` before you `observe` the same passage. For one thread."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """state: as `to_dict` gave it. Raises ValueError where it is damaged or of another version."""
        self._cameras: dict[str, _Seen] = {}
        if state is not None:
            self._cameras = _read(state)

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> ShopNormality:
        """Raises ValueError where the state is damaged or of another version: start anew then."""
        return cls(state)

    def observe(self, passage: Passage, *, suspicious: bool = False) -> None:
        """Learn from a finished passage. One that belongs to an incident is suspicious and teaches nothing."""
        if suspicious:
            return
        now_s = passage.end_utc.timestamp()
        if passage.camera not in self._cameras:
            while len(self._cameras) >= CAMERAS:
                del self._cameras[min(self._cameras, key=lambda name: self._cameras[name].last_day)]
            self._cameras[passage.camera] = _Seen.empty(now_s)
        seen = self._cameras[passage.camera]
        seen.fade(now_s)
        found = measured(passage)
        for name, value in _VALUES.items():
            seen.counts[name][_bin(value(found))] += 1
        seen.counts[_PLACE][_bin(_rarity(seen, found))] += 1
        for cell, share in found.cells.items():
            seen.heat[cell] += share
        seen.hours[passage.hour] += 1
        seen.visits += 1

    def score(self, passage: Passage) -> Unusual:
        """How unusual a finished passage is on its camera. Changes nothing."""
        seen = self._cameras.get(passage.camera)
        if seen is None or seen.visits < NEEDED:
            return Unusual(0.0, known=False)
        found = measured(passage)
        shares = {name: _tail(seen.counts[name], value(found)) for name, value in _VALUES.items()}
        shares[_PLACE] = _tail(seen.counts[_PLACE], _rarity(seen, found))
        if seen.last_day - seen.first_day >= HOURS_NEEDED_DAYS:
            shares[_HOUR] = _rare_hour(seen.hours, passage.hour)
        ranked = sorted(shares, key=lambda name: (shares[name], _FEATURES.index(name)))
        notable = [n for n in ranked if shares[n] <= NOTABLE and _stands_out(n, found, seen, passage.hour)][:REASONS]
        score = (1.0 - shares[ranked[0]]) ** len(shares)
        return Unusual(score, tuple(_reason(name, found, seen) for name in notable))

    def visits(self, camera: str) -> float:
        """How many visits this camera's memory rests on, faded as of the last one."""
        seen = self._cameras.get(camera)
        return seen.visits if seen else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, of bounded size: a few hundred numbers a camera."""
        return {
            "version": VERSION,
            "cameras": {
                name: {
                    "first_s": seen.first_day * DAY_S,
                    "last_s": seen.last_day * DAY_S,
                    "visits": seen.visits,
                    "counts": {feature: counts.tolist() for feature, counts in seen.counts.items()},
                    "heat": seen.heat.tolist(),
                    "hours": seen.hours.tolist(),
                }
                for name, seen in sorted(self._cameras.items())
            },
        }


def _read(state: Mapping[str, Any]) -> dict[str, _Seen]:
    try:
        if state["version"] != VERSION:
            raise ValueError(f"version {state['version']}, not {VERSION}")
        entries = dict(state["cameras"])
        if len(entries) > CAMERAS:
            raise ValueError(f"{len(entries)} cameras")
        return {
            str(name): _Seen(
                first_day=_day(_number(entry["first_s"])),  # files of older versions have the very second here
                last_day=_day(_number(entry["last_s"])),
                visits=_number(entry["visits"]),
                counts={feature: _counts(entry["counts"][feature], BINS) for feature in (*_VALUES, _PLACE)},
                heat=_counts(entry["heat"], CELLS),
                hours=_counts(entry["hours"], HOURS),
            )
            for name, entry in entries.items()
        }
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a shop's normality: {wrong!r}") from wrong


def _day(epoch_s: float) -> int:
    return int(epoch_s // DAY_S)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is no count and no time")
    return number


def _counts(values: Any, size: int) -> Counts:
    counts = np.asarray(values, dtype=np.float64)
    if counts.shape != (size,) or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(f"not {size} counts")
    return counts


def _bin(value: float) -> int:
    """The first bin ends at `_LEAST`, each further one is a fifth wider."""
    if value <= _LEAST:
        return 0
    return min(1 + int(math.log(value / _LEAST) / math.log(_GROWTH)), BINS - 1)


def _tail(counts: Counts, value: float) -> float:
    """Share of visits in this bin or above; half of its own bin counts, for within it nothing is known."""
    at = _bin(value)
    beyond = counts[at + 1 :].sum() + counts[at] / 2
    return float((beyond + _PRIOR) / (counts.sum() + 2 * _PRIOR))


def _usual(counts: Counts) -> float:
    """The value that nine of ten visits stay below, as the upper end of its bin."""
    at = int(np.searchsorted(np.cumsum(counts), 0.9 * counts.sum()))
    return _LEAST * _GROWTH ** min(at, BINS - 1)


def _rarity(seen: _Seen, found: Measured) -> float:
    """How little time is usually spent where this visit spent its own; 1 as much as on average, more is rarer."""
    even = 1 / CELLS
    share = (seen.heat + even) / (seen.heat.sum() + 1)
    return math.exp(sum(part * -math.log(share[cell] / even) for cell, part in found.cells.items())) if found.cells else 0.0


def _busy(hours: Counts) -> Counts:
    """How busy each hour is: it borrows from those beside it and from the same one of other days."""
    day = np.tile(hours.reshape(7, 24).mean(0), 7)
    busy = (np.roll(hours, 1) + 2 * hours + np.roll(hours, -1)) / 4
    mixed: Counts = busy / 2 + (np.roll(day, 1) + 2 * day + np.roll(day, -1)) / 8
    return mixed


def _rare_hour(hours: Counts, hour: int) -> float:
    """Share of visits in hours at most as busy."""
    mixed = _busy(hours)
    quieter = mixed <= mixed[hour] * (1 + 1e-9)
    return float((mixed[quieter].sum() + _PRIOR) / (mixed.sum() + 2 * _PRIOR))


def _stands_out(name: str, found: Measured, seen: _Seen, hour: int) -> bool:
    """Whether it differs enough to be said, and not only in rank."""
    if name == _HOUR:
        mixed = _busy(seen.hours)
        return bool(mixed[hour] <= QUIETER * mixed.mean())
    value = _rarity(seen, found) if name == _PLACE else _VALUES[name](found)
    return value >= FURTHER * _usual(seen.counts[name])


def _reason(name: str, found: Measured, seen: _Seen) -> Text:
    usual = _usual(seen.counts[name]) if name in seen.counts else 0.0
    return _WORDS[name](found, usual)


def _lasting(minutes: float) -> Text:
    """To the second below a minute, to ten below ten minutes: what is half as long again must not read the same."""
    seconds = max(round(minutes * 60), 1)
    if seconds < 60:
        return Text(f"{seconds}초", f"{seconds} s")
    whole, rest = divmod(round(seconds, -1), 60)
    if not rest or whole >= 10:
        return Text(f"{round(minutes)}분", f"{round(minutes)} min")
    return Text(f"{whole}분 {rest}초", f"{whole} min {rest} s")


def _long(found: Measured, usual: float) -> Text:
    here, most = _lasting(found.dwell_s / 60), _lasting(usual)
    return Text(
        f"보통보다 오래 머물렀습니다: {here.ko}, 평소에는 대부분 {most.ko} 안에 나갑니다.",
        f"stayed longer than usual: {here.en}; most leave within {most.en}.",
    )


def _stopping(found: Measured, usual: float) -> Text:
    most = round(usual * 10)
    return Text(
        f"평소보다 자주 멈춰 섰습니다: {found.stops}번, 대부분 {most}번 이내입니다.",
        f"stopped more often than usual: {found.stops} times; most stop {most} times or less.",
    )


_WORDS: Mapping[str, Callable[[Measured, float], Text]] = {
    "dwell": _long,
    "length": lambda *_: Text("평소보다 많이 돌아다녔습니다.", "walked about more than usual."),
    "speed": lambda *_: Text("평소보다 빠르게 움직였습니다.", "moved faster than usual."),
    "stops": _stopping,
    "reach": lambda *_: Text("평소보다 매장 여러 곳을 다녔습니다.", "went to more places in the shop than usual."),
    _PLACE: lambda *_: Text("사람들이 잘 머물지 않는 곳에 있었습니다.", "was where people seldom stay."),
    _HOUR: lambda *_: Text("손님이 드문 시간에 왔습니다.", "came at an hour when few people come."),
}
