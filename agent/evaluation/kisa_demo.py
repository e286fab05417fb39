"""Scenes of the drawn shop, scored as KISA scores videos. Nobody was filmed: what these figures say holds for drawings only.

Comes in: items and seeds; each gives another shop, other people and another camera. Goes out: a plain report as of `kisa`.

For each item as many scenes as there are seeds, and as many quiet ones, which count against every item. The pictures go
straight to the eyes, at the moments at which a camera's would, without being compressed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from agent.capture.demo_drama import ITEMS as SCENES
from agent.capture.demo_drama import DrawnScene
from agent.capture.raw import Planes, RawFrame
from agent.capture.timestamps import FrameGrid
from agent.errors import ConfigError
from agent.evaluation import fingerprint
from agent.evaluation.kisa import Due, Item, item_of
from agent.evaluation.kisa_report import Known, scores
from agent.evaluation.replay import CAMERA, Eyes, plain
from agent.evaluation.resting import resting
from agent.evaluation.resume import Plain
from agent.evaluation.work import Desk, Job
from agent.evaluation.zone_file import View
from agent.values import FrameStamp

QUIET = "quiet"
USUAL = tuple(item.key for scene in SCENES if scene != "quiet" and (item := item_of(scene)))  # where no items are asked for


def scenes_of(items: Sequence[Item]) -> tuple[str, ...]:
    """The kinds of scene that show the items, quiet ones last. Raises ConfigError for an item that nobody draws."""
    keys = {item.key for item in items}
    shown = tuple(scene for scene in SCENES if _key(scene) in keys)
    undrawn = keys - {_key(scene) for scene in shown}
    if undrawn:
        listed = ", ".join(_key(scene) for scene in SCENES if scene != QUIET)
        raise ConfigError(
            ko=f"그려진 장면이 없는 항목입니다: {', '.join(sorted(undrawn))}. 있는 항목: {listed}",
            en=f"There are no drawn scenes of {', '.join(sorted(undrawn))}. There are some of {listed}.",
        )
    return (*shown, QUIET)


def evaluate_demo(seeds: Sequence[int], items: Sequence[Item], eyes: Eyes, desk: Desk) -> Plain:
    """Play the scenes of `items` for all `seeds` and score each item over its scenes and the quiet ones."""
    seen = fingerprint.of_eyes(eyes.settings, eyes.engine.running)
    known: dict[str, Known] = {}
    views: dict[str, View] = {}
    jobs = []
    for kind in scenes_of(items):
        for seed in seeds:
            name = f"demo:{seed}:{kind}"
            scene = DrawnScene(kind, seed)
            known[name], views[name] = known_of(scene), View(scene.zones())
            jobs.append(_job(name, kind, seed, eyes, seen))
    done = desk.work(jobs)
    return {
        "kind": "kisa",
        "drawn": True,
        "seeds": [seeds[0], seeds[-1]],
        "detectors": list(eyes.engine.running),
        **scores(done.results, known, items),
        "resting": resting(eyes, (views[name] for name in done.results), {rule for item in items for rule in item.rules}),
        "skipped": [one.plain() for one in done.left],
    }


def _job(name: str, kind: str, seed: int, eyes: Eyes, seen: str) -> Job:
    def run() -> Plain:
        scene = DrawnScene(kind, seed)
        return plain(eyes.watch(_frames(scene, eyes), View(scene.zones()), scene.hours))

    return Job(name, lambda: fingerprint.of_values(["demo", seen, name]), run)


def _frames(scene: DrawnScene, eyes: Eyes) -> Iterator[RawFrame]:
    """The pictures that a camera's consumer would take, as 8-bit YUV 4:2:0."""
    grid = FrameGrid(eyes.settings.detection.fps)
    width, height = scene.size
    for index in range(int(scene.length_s * scene.fps)):
        at_s = index / scene.fps
        if grid.takes(at_s):
            flat = np.asarray(cv2.cvtColor(scene.picture(at_s), cv2.COLOR_BGR2YUV_I420), dtype=np.uint8).reshape(-1)
            luma, chroma = width * height, width * height // 4
            y = flat[:luma].reshape(height, width)
            u = flat[luma : luma + chroma].reshape(height // 2, width // 2)
            v = flat[luma + chroma :].reshape(height // 2, width // 2)
            yield RawFrame(FrameStamp(CAMERA, index, at_s, eyes.noon + at_s), Planes(y, u, v))


def known_of(scene: DrawnScene) -> Known:
    """What is due in a scene; a quiet one counts for every item."""
    dues: dict[str, list[Due]] = {}
    for what, begins, ends in scene.events():
        dues.setdefault(_key(what), []).append(Due(begins, ends - begins))
    return Known(dues, _key(scene.item) if scene.item != QUIET else None)


def _key(scene: str) -> str:
    item = item_of(scene)
    return item.key if item is not None else scene
