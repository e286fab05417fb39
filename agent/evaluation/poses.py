"""How well unusual poses point at thefts, frame by frame, on labelled pose files (the layout of PoseLift).

Comes in: a folder of pose files with labels, and a folder of ordinary ones to learn from (else the shipped normality is used).
Goes out: a plain report. Labels are only compared with; nothing is fitted or chosen by them.

The score of a frame is the highest of anybody in it, `NOBODY` where nobody is: such frames are easy, and there may be many, so
the report also counts without them. Ranges are over whole videos, for frames of one video are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.errors import AnsimError, ConfigError
from agent.evaluation import fingerprint
from agent.evaluation.normality_file import SHIPPED, read_normality
from agent.evaluation.pose_files import PoseFile, PoseVideo, pose_files, read_pose_video
from agent.evaluation.ranking import Measure, auc_pr, auc_roc, equal_error, roc_points, spread, spread_of_mean
from agent.evaluation.resume import Plain, rounded
from agent.evaluation.work import Desk, Job, Left
from agent.incidents.pose_cues import PoseTrack
from agent.incidents.pose_normality import FOLDS, PoseNormality
from agent.values import Text

NOBODY = -1.0  # scores of people are >= 0
_NAMED = 5  # files that a sentence names
_CURVE = 200  # points of the curve in the report
_MEASURES: dict[str, Measure] = {"auc_roc": auc_roc, "auc_pr": auc_pr, "equal_error": equal_error}

Steps = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Tracks of ordinary shopping to learn from. key: what a model learned from them depends on."""

    tracks: tuple[PoseTrack, ...]
    videos: int
    left: tuple[Left, ...]
    key: str


def read_ordinary(folder: Path) -> Ordinary:
    """All pose files of `folder`. A damaged one is left out, and so is one with a labelled theft: that is not ordinary.

    Raises SourceError where the folder cannot be opened, and ConfigError where fewer than two videos with people remain.
    """
    tracks: list[PoseTrack] = []
    left: list[Left] = []
    keys: list[str] = []
    for file in pose_files(folder):
        try:
            video = read_pose_video(file)
            key = _key(file)
        except AnsimError as error:
            left.append(Left(file.name, error.text))
            continue
        if video.labels is not None and video.labels.any():
            left.append(Left(file.name, _THEFT))
            continue
        tracks += video.tracks
        keys.append(key)
    if len({track.video for track in tracks}) < 2:
        named = _named(left)
        raise ConfigError(
            ko=f"{folder}에 배울 수 있는 포즈 파일이 둘 이상 있어야 합니다. --train 폴더를 확인해 주세요.{named.ko}",
            en=f"{folder} must hold at least two pose files with people to learn from. Check the folder of --train.{named.en}",
        )
    return Ordinary(tuple(tracks), len(keys), tuple(left), fingerprint.of_values(keys))


class _Judge:
    """The model, learned only once it is needed: a run whose scores are all known needs none."""

    def __init__(self, ordinary: Ordinary | None, desk: Desk) -> None:
        self._ordinary = ordinary
        self._desk = desk
        self.key = ordinary.key if ordinary else fingerprint.of_file(SHIPPED)

    @cached_property
    def model(self) -> PoseNormality:
        if self._ordinary is None:
            return read_normality()
        bar = self._desk.progress(FOLDS + 1)
        return PoseNormality.fit(self._ordinary.tracks, told=lambda done, of: bar.step(f"normality {done}/{of}"))


def evaluate_poses(folder: Path, train: Path | None, desk: Desk) -> Plain:
    """Score every labelled video of `folder`.

    train: ordinary pose files to learn from; None takes the shipped normality. Files that cannot be used are left out and
    named under "skipped". Raises SourceError and ConfigError as above, ConfigError where no video with labels remains, and
    ModelError where the shipped normality is broken.
    """
    ordinary = None if train is None else read_ordinary(train)
    judge = _Judge(ordinary, desk)
    files = pose_files(folder)

    def job(file: PoseFile) -> Job:
        return Job(
            file.name,
            lambda: fingerprint.of_values(["poses", fingerprint.of_source(), judge.key, _key(file)]),
            lambda: _scored(read_pose_video(file), judge),
        )

    done = desk.work([job(file) for file in files if file.labels is not None])
    if not done.results:
        named = _named(done.left)
        raise ConfigError(
            ko=f"{folder}에 라벨이 있는 포즈 파일(NAME.json.gz와 NAME.labels.npy)이 없습니다. 폴더를 확인해 주세요.{named.ko}",
            en=f"{folder} holds no usable pose file with labels (NAME.json.gz, NAME.labels.npy). Check the folder.{named.en}",
        )
    rows = [{"video": name, **result} for name, result in done.results.items()]
    bare = [Left(file.name, _UNLABELLED) for file in files if file.labels is None]
    return {
        "kind": "poses",
        "learned_from": _learned(ordinary, train),
        **_summary(rows),
        "videos": rows,
        "skipped": [one.plain() for one in (*(ordinary.left if ordinary else ()), *bare, *done.left)],
    }


def frame_scores(video: PoseVideo, model: PoseNormality, frames: int) -> NDArray[np.float64]:
    """(frames,) the highest score of anybody, NOBODY where nobody is."""
    highest = np.full(frames, NOBODY)
    for track in video.tracks:
        found = model.score(track)
        highest[found.frames] = np.maximum(highest[found.frames], found.score)
    return highest


def _scored(video: PoseVideo, judge: _Judge) -> Plain:
    labels = video.labels if video.labels is not None else np.empty(0, np.bool_)
    scores = np.round(frame_scores(video, judge.model, len(labels)), 4)
    return {
        "camera": video.camera,
        "camera_known": video.camera in judge.model.pictures,
        "frames": len(labels),
        "labelled": int(labels.sum()),
        "empty": int((scores == NOBODY).sum()),
        "auc_roc": rounded(auc_roc(scores, labels)),
        "labels": "".join("1" if one else "0" for one in labels),
        "scores": scores.tolist(),
    }


def _summary(rows: Sequence[Plain]) -> Plain:
    groups = [(np.asarray(row["scores"], float), np.asarray([c == "1" for c in row["labels"]], bool)) for row in rows]
    peopled = [(scores[scores > NOBODY], labels[scores > NOBODY]) for scores, labels in groups]
    within = [row["auc_roc"] for row in rows if row["auc_roc"] is not None]
    mean = sum(within) / len(within) if within else None
    return {
        "all_frames": _judged(groups),
        "frames_with_people": _judged(peopled),
        "within_videos": {"videos": len(within), "mean_auc_roc": _ranged(mean, spread_of_mean(within))},
        "unknown_cameras": sorted({row["camera"] for row in rows if not row["camera_known"]}),
        "roc": _curve(groups),
    }


def _judged(groups: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]]) -> Plain:
    scores, labels = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    found: Plain = {"videos": len(groups), "frames": len(labels), "labelled": int(labels.sum())}
    return found | {name: _ranged(of(scores, labels), spread(groups, of)) for name, of in _MEASURES.items()}


def _ranged(value: float | None, between: tuple[float, float] | None) -> Plain:
    """A measure, and where it lies in 95 of 100 draws of as many videos."""
    low, high = between if between is not None else (None, None)
    return {"value": rounded(value), "low": rounded(low), "high": rounded(high)}


def _curve(groups: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]]) -> list[list[float]] | None:
    scores, labels = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    if not labels.any() or labels.all():
        return None
    points = roc_points(scores, labels)
    chosen = np.unique(np.linspace(0, len(points) - 1, min(_CURVE, len(points))).round().astype(int))
    return [[round(points[n][0], 4), round(points[n][1], 4)] for n in chosen]


def _learned(ordinary: Ordinary | None, train: Path | None) -> Plain:
    if ordinary is None or train is None:
        return {"from": SHIPPED.name}
    cameras = sorted({track.camera for track in ordinary.tracks})
    poses = sum(len(track.frames) for track in ordinary.tracks)
    return {"from": train.name, "videos": ordinary.videos, "poses": poses, "cameras": cameras}


def _named(left: Sequence[Left]) -> Text:
    """What was left out and why, a line each, the first few; to be put behind a sentence. Empty where nothing was."""
    if not left:
        return Text(ko="", en="")
    shown, more = left[:_NAMED], len(left) - _NAMED
    ko = [" 쓰지 못한 파일:", *(f"- {one.name}: {one.why.ko}" for one in shown), *([f"- 그 밖에 {more}개"] if more > 0 else [])]
    en = [" Left out:", *(f"- {one.name}: {one.why.en}" for one in shown), *([f"- and {more} more"] if more > 0 else [])]
    return Text(ko="\n".join(ko), en="\n".join(en))


def _key(file: PoseFile) -> str:
    parts = [file.name, *(fingerprint.of_file(path) for path in (file.poses, file.labels) if path is not None)]
    return fingerprint.of_values(parts)


_THEFT = Text(
    ko="도난이 표시된 영상이므로 평소 모습으로 배우지 않았습니다. --train 폴더에서 빼 주세요.",
    en="A theft is labelled in it, so it was not learned as ordinary. Take it out of the folder of --train.",
)
_UNLABELLED = Text(
    ko="라벨 파일이 옆에 없어 비교하지 못했습니다. NAME.labels.npy를 넣어 주세요.",
    en="No labels lie beside it, so nothing could be compared. Add NAME.labels.npy.",
)
