"""A folder of videos as KISA's test has them: played, answered with a result file each, and scored where the truth is known.

Comes in: videos, zones and truth beside them or elsewhere. Goes out: result XML files and a plain report.

Zones of a video, the first that is there: `NAME.toml` beside it; `NAME.map` beside it or with the truth (also under the first
two parts of the name, `C00_140.map` for `C00_140_0001.mp4`); the zones given for all; the areas in its truth file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent.errors import AnsimError, ConfigError
from agent.evaluation import fingerprint
from agent.evaluation.kisa import Due, Item, item_of
from agent.evaluation.kisa_answers import Answers
from agent.evaluation.kisa_report import Known, scores
from agent.evaluation.kisa_xml import Alarm, Truth, read_map, read_truth
from agent.evaluation.replay import VIDEOS, Eyes, plain
from agent.evaluation.resting import resting
from agent.evaluation.resume import Plain
from agent.evaluation.work import Desk, Job, Left
from agent.evaluation.zone_file import View, read_view
from agent.settings import Settings

# A shop waits longer before it troubles its owner; the test allows ten seconds.
LOITERING_S = 10.0  # KISA's loitering: ten seconds in the area
LEFT_S = 3.0
DAMAGE_S = 0.0  # what is told as damage has stood still for seconds already
MAP_PARTS = 2  # parts of a video's name that its map is named by


@dataclass(frozen=True, slots=True)
class Films:
    """Where the videos lie. truth: folder of their truth files, None: beside the videos, where there are any; view: for all."""

    folder: Path
    truth: Path | None
    view: View | None

    def videos(self) -> list[Path]:
        """All of them. Raises ConfigError where there are none."""
        found = sorted(path for path in self.folder.rglob("*") if path.suffix.lower() in VIDEOS)
        if not found:
            raise ConfigError(
                ko=f"{self.folder}에 영상이 없습니다. 폴더를 확인해 주세요.",
                en=f"There are no videos in {self.folder}. Check the folder.",
            )
        return found

    def name(self, video: Path) -> str:
        return video.relative_to(self.folder).as_posix()

    def truth_of(self, video: Path) -> Path:
        """Where its truth file is looked for."""
        return (self.truth or video.parent) / f"{video.stem}.xml"


def for_kisa(settings: Settings) -> Settings:
    """The settings with the test's definitions in place of a shop's."""
    incidents = settings.incidents
    return replace(
        settings,
        incidents=replace(
            incidents,
            loitering=replace(incidents.loitering, seconds=LOITERING_S),
            left_object=replace(incidents.left_object, seconds=LEFT_S),
            damage=replace(incidents.damage, hold_s=DAMAGE_S),
        ),
    )


def evaluate_kisa(films: Films, xml: Path, items: Sequence[Item], eyes: Eyes, desk: Desk) -> Plain:
    """Play all videos, write `xml`/NAME.xml for each, and score those with a truth file.

    Raises ConfigError, before anything is played, where a result would replace a truth file or anything else not of ours.
    """
    videos = films.videos()
    beside = (video.with_suffix(".xml") for video in videos)  # truth for a run without --truth
    answers = Answers.lay_out(xml, map(films.name, videos), [*beside, *map(films.truth_of, videos)])
    eyes_key = fingerprint.of_eyes(eyes.settings, eyes.engine.running)
    truths, left = _truths(films, videos)

    def job(video: Path) -> Job:
        def view() -> View:
            return _view(films, video, truths.get(films.name(video)))

        return Job(
            films.name(video),
            lambda: fingerprint.of_values(["kisa", eyes_key, repr(view()), fingerprint.of_file(video)]),
            lambda: plain(eyes.play(str(video), view())),
        )

    done = desk.work([job(video) for video in videos])
    for video in videos:
        if films.name(video) in done.results:
            answers.write(films.name(video), _alarms(done.results[films.name(video)], items))
    known = {name: _known(truth) for name, truth in truths.items()}
    skipped = [one.plain() for one in (*left, *done.left)]
    played = [_view(films, video, truths.get(films.name(video))) for video in videos if films.name(video) in done.results]
    rests = resting(eyes, played, {rule for item in items for rule in item.rules})
    return {"kind": "kisa", **scores(done.results, known, items), "resting": rests, "skipped": skipped}


def _truths(films: Films, videos: Sequence[Path]) -> tuple[dict[str, Truth], list[Left]]:
    """The truth of each video that has one; what cannot be read, or is missing from a folder of truth, is left out."""
    found: dict[str, Truth] = {}
    left: list[Left] = []
    for video in videos:
        path = films.truth_of(video)
        if films.truth is None and not path.exists():
            continue
        try:
            found[films.name(video)] = read_truth(path)
        except AnsimError as error:
            left.append(Left(films.name(video), error.text))
    return found, left


def _view(films: Films, video: Path, truth: Truth | None) -> View:
    beside = video.with_suffix(".toml")
    if beside.exists():
        return read_view(beside)
    short = "_".join(video.stem.split("_")[:MAP_PARTS])
    folders = (video.parent, *([films.truth] if films.truth else []))
    for path in (folder / f"{name}.map" for folder in folders for name in (video.stem, short)):
        if path.exists():
            return View(read_map(path))
    if films.view is not None:
        return films.view
    return View(truth.zones) if truth is not None else View()


def _known(truth: Truth) -> Known:
    dues: dict[str, list[Due]] = {}
    for name, due in truth.dues:
        item = item_of(name)
        dues.setdefault(item.key if item is not None else name, []).append(due)
    scenario = item_of(truth.scenario) if truth.scenario else None
    return Known(dues, scenario.key if scenario is not None else None)


def _alarms(result: Plain, items: Sequence[Item]) -> list[Alarm]:
    """What the result file of one video tells: the alarms of the items that were asked for."""
    names = {rule: item.name for item in items for rule in item.rules}
    return [
        Alarm(row["raised_s"], names[row["rule"]], row["until_s"] - row["raised_s"])
        for row in result["alarms"]
        if row["rule"] in names
    ]
