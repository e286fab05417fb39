"""Labelled clips through the whole agent: what it raises in each, and how well that tells thefts from shopping.

Comes in: a folder of clips, their labels, the view that they share. Goes out: a plain report.

How a clip is decided: its score is the highest concealment score of anybody at any time, and 1 as soon as a rule about theft
raised an alarm. It is called a theft from the concealment model's own threshold on; no threshold is fitted to the labels
here. Beside it stands what the alarms alone would say: an alarm is what the owner hears of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.evaluation import fingerprint
from agent.evaluation.confusion import Confusion, confusion
from agent.evaluation.labels import Label, spelled
from agent.evaluation.ranking import auc_roc, roc_points, spread
from agent.evaluation.replay import VIDEOS, Eyes, plain
from agent.evaluation.resting import resting
from agent.evaluation.resume import Plain, rounded
from agent.evaluation.roc_picture import Mark, roc_svg
from agent.evaluation.work import Desk, Job, Left
from agent.evaluation.zone_file import View
from agent.values import Text

THEFT = frozenset({"unpaid", "swept", "concealment", "forced_till"})  # rules
SURE = 1.0  # the score of a clip in which a rule about theft raised an alarm


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips that share a view. labels: by file name relative to `folder`, as `spelled`."""

    folder: Path
    labels: Mapping[str, Label]
    view: View

    def there(self) -> dict[str, Path]:
        """The clips in the folder by name, as `agent.evaluation.labels` spells it. Raises ConfigError for one name twice."""
        found: dict[str, Path] = {}
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in VIDEOS:
                name = spelled(path.relative_to(self.folder).as_posix())
                if name in found:
                    raise _alike(name)
                found[name] = path
        return found

    def matched(self, there: Collection[str]) -> list[Label]:
        """The labels whose clip is there. Raises ConfigError where there are none."""
        labels = [label for name, label in self.labels.items() if name in there]
        if not labels:
            raise ConfigError(
                ko=f"라벨에 적힌 영상이 {self.folder}에 하나도 없습니다. 폴더와 라벨 파일을 확인해 주세요.",
                en=f"Not one clip of the labels lies in {self.folder}. Check the folder and the labels.",
            )
        return labels

    def unmatched(self, there: Collection[str]) -> list[Left]:
        """Labels without a clip, and clips without a label."""
        missing = [Left(name, _MISSING) for name in self.labels if name not in there]
        return [*missing, *(Left(name, _UNLABELLED) for name in sorted(set(there) - set(self.labels)))]

    def check_curve(self) -> None:
        """Raises ConfigError where no ROC curve can come of these labels: nobody is to wait hours to hear that."""
        if len({label.theft for label in self.matched(self.there())}) < 2:
            raise _one_class()


def evaluate_clips(clips: Clips, eyes: Eyes, desk: Desk) -> Plain:
    """Play all labelled clips and compare. Raises ConfigError where not one clip of the labels is there."""
    there = clips.there()
    labels, left = clips.matched(there), clips.unmatched(there)
    seen = fingerprint.of_values([fingerprint.of_eyes(eyes.settings, eyes.engine.running), repr(clips.view)])

    def job(file: str) -> Job:
        path = there[file]
        return Job(
            file,
            lambda: fingerprint.of_values(["clips", seen, fingerprint.of_file(path)]),
            lambda: plain(eyes.play(str(path), clips.view)),
        )

    done = desk.work([job(label.file) for label in labels])
    rows = [row_of(label, done.results[label.file], eyes.threshold) for label in labels if label.file in done.results]
    return {
        "kind": "clips",
        "detectors": list(eyes.engine.running),
        "zones": [{"name": zone.name, "kind": zone.kind} for zone in clips.view.zones],
        "concealment": eyes.about_concealment,
        "resting": resting(eyes, [clips.view] * len(rows)),
        **summary(rows),
        "clips": rows,
        "skipped": [one.plain() for one in (*left, *done.left)],
    }


def roc_picture(report: Plain) -> str:
    """The report's curve as SVG, with the model's own threshold marked. Raises ConfigError for one class alone."""
    overall = report["overall"]
    if report["roc"] is None:
        raise _one_class()
    called = overall["by_score"]
    mark = Mark(1 - called["specificity"], called["sensitivity"], "the model's threshold")
    title = f"{overall['clips']} clips, area under the curve {overall['auc']['value']:.3f}"
    return roc_svg([(x, y) for x, y in report["roc"]], title, (mark,))


def row_of(label: Label, result: Plain, threshold: float | None) -> Plain:
    """One clip in the report: its label, how it was decided, and what was seen. threshold: from which score on it is called."""
    alarmed = any(alarm["rule"] in THEFT for alarm in result["alarms"])
    concealed = result["concealment"]
    score = max(SURE if alarmed else 0.0, concealed["score"] if concealed else 0.0)
    return {
        "file": label.file,
        "label": label.label,
        "actor": label.actor,
        "theft": label.theft,
        "score": score,
        "called": alarmed or (threshold is not None and score >= threshold),
        "alarmed": alarmed,
        **result,
    }


def summary(rows: Sequence[Plain]) -> Plain:
    """What all clips say together, and each actor's; false alarms are counted in clips without a theft."""
    actors = sorted({row["actor"] for row in rows if row["actor"] is not None})
    normal = [row for row in rows if not row["theft"]]
    hours = sum(row["seconds"] for row in normal) / 3600
    return {
        "overall": _judged(rows),
        "actors": {actor: _judged([row for row in rows if row["actor"] == actor]) for actor in actors},
        "normal_hours": round(hours, 4),
        "false_alarms": _false_alarms(normal, hours),
        "roc": _curve(rows),
    }


def _judged(rows: Sequence[Plain]) -> Plain:
    return {
        "clips": len(rows),
        "by_score": _counts(confusion((row["theft"], row["called"]) for row in rows)),
        "by_alarm": _counts(confusion((row["theft"], row["alarmed"]) for row in rows)),
        "auc": _area(rows),
    }


def _counts(counts: Confusion) -> Plain:
    return {
        "thefts_called": counts.hits,
        "thefts_missed": counts.misses,
        "normal_called": counts.false,
        "normal_left": counts.right,
        "sensitivity": rounded(counts.sensitivity),
        "specificity": rounded(counts.specificity),
        "balanced_accuracy": rounded(counts.balanced_accuracy),
    }


def _false_alarms(normal: Sequence[Plain], hours: float) -> Plain:
    """Alarms in clips without a theft, by rule and an hour of them; the rules about theft together first."""
    rules = [alarm["rule"] for row in normal for alarm in row["alarms"]]
    named = {"theft": sum(rule in THEFT for rule in rules)} | {rule: rules.count(rule) for rule in sorted(set(rules))}
    return {name: {"count": count, "per_hour": round(count / hours, 2) if hours else None} for name, count in named.items()}


def _curve(rows: Sequence[Plain]) -> list[list[float]] | None:
    if not _both(rows):
        return None
    points = roc_points([row["score"] for row in rows], [row["theft"] for row in rows])
    return [[round(x, 4), round(y, 4)] for x, y in points]


def _area(rows: Sequence[Plain]) -> Plain | None:
    """Area under the curve, and the range in which it lies in 95 of 100 draws of as many clips; None for one class alone."""
    value = auc_roc([row["score"] for row in rows], [row["theft"] for row in rows])
    span = spread([([row["score"]], [row["theft"]]) for row in rows], auc_roc)
    if value is None or span is None:
        return None
    return {"value": round(value, 4), "low": round(span[0], 4), "high": round(span[1], 4)}


def _both(rows: Sequence[Plain]) -> bool:
    return len({row["theft"] for row in rows}) == 2


def _one_class() -> ConfigError:
    return ConfigError(
        ko="ROC 곡선을 그리려면 재어 볼 수 있는 정상 영상과 절도 영상이 모두 있어야 합니다. 라벨에 더하거나 --roc를 빼 주세요.",
        en="A ROC curve needs both normal clips and thefts that can be played. Add labels, or leave out --roc.",
    )


def _alike(name: str) -> ConfigError:
    return ConfigError(
        ko=f"이름이 '{name}'인 영상이 둘 있습니다(한글을 적는 방식만 다릅니다). 하나의 이름을 바꿔 주세요.",
        en=f"Two clips are called '{name}' (only their letters are stored differently). Rename one of them.",
    )


_MISSING = Text(
    ko="라벨에는 있지만 폴더에 이 영상이 없습니다. 파일을 넣거나 라벨에서 지워 주세요.",
    en="The labels name this clip, but it is not in the folder. Add the file, or take it out of the labels.",
)
_UNLABELLED = Text(
    ko="이 영상에는 라벨이 없습니다. 라벨 표에 한 줄을 더해 주세요.",
    en="This clip has no label. Add a line for it to the labels.",
)
