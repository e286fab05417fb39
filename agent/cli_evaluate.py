"""`ansim evaluate`: measure what the agent finds on recordings, poses and pictures whose truth is known.

Comes in: parsed arguments. Goes out: tables for people, a JSON report with --json OUT, and an exit code: 0 all was measured,
1 some of it was left out (the report says what and why, and counts the rest), otherwise that of the error as in `agent.cli`:
2 arguments, labels, zones or truth wrong, 3 nothing can be read, 4 the report cannot be written, 6 a model is missing.

Single results are kept in OUT.partial until the report is written: a run that was stopped goes on where it was, and the same
inputs give the same report, byte for byte.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.cli_terminal import Act, Terminal, bare_command
from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.evaluation.progress import Progress
from agent.evaluation.resume import Results
from agent.evaluation.work import Desk
from agent.evaluation.zone_file import View, read_view
from agent.values import Text

DEMO = "demo:"
_CURVES = ("auc_roc", "auc_pr", "equal_error")
LEFT_OUT = 1  # exit code
SEEDS = 100


class Evaluate:
    """Holding one means: the command line has the command `evaluate`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def add(self, commands: Any) -> None:
        """Add the command and its parts to the parser."""
        parts = self._command(commands, "evaluate", _EVALUATE).add_subparsers(metavar="")

        clips = self._command(parts, "clips", _CLIPS, self._clips)
        clips.add_argument("folder", type=Path, metavar="DIR", help=self._terminal.speak(_CLIPS_DIR))
        clips.add_argument("--labels", type=Path, required=True, metavar="FILE", help=self._terminal.speak(_LABELS))
        clips.add_argument("--roc", type=Path, metavar="FILE.svg", help=self._terminal.speak(_ROC))
        self._seeing(clips)

        kisa = self._command(parts, "kisa", _KISA, self._kisa)
        kisa.add_argument("folder", metavar="DIR", help=self._terminal.speak(_KISA_DIR))
        kisa.add_argument("--truth", type=Path, metavar="DIR", help=self._terminal.speak(_TRUTH))
        kisa.add_argument("--xml", type=Path, metavar="DIR", help=self._terminal.speak(_XML))
        kisa.add_argument("--items", default="", metavar="A,B", help=self._terminal.speak(_ITEMS))
        kisa.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=self._terminal.speak(_SEEDS))
        self._seeing(kisa)

        poses = self._command(parts, "poses", _POSES, self._poses)
        poses.add_argument("folder", type=Path, metavar="DIR", help=self._terminal.speak(_POSES_DIR))
        poses.add_argument("--train", type=Path, metavar="DIR", help=self._terminal.speak(_TRAIN))

        qr = self._command(parts, "qr", _QR, self._qr)
        qr.add_argument("folder", type=Path, metavar="DIR", help=self._terminal.speak(_QR_DIR))

    def _command(self, commands: Any, name: str, text: Text, act: Act | None = None) -> argparse.ArgumentParser:
        """Other options than elsewhere: no data folder is needed, and --json takes the file that the report goes to."""
        parser = bare_command(commands, name, self._terminal.speak(text), act)
        parser.add_argument("--verbose", action="store_true", help=self._terminal.speak(VERBOSE))
        parser.set_defaults(json=False, data=None)
        if act is not None:
            parser.add_argument("--json", dest="out", type=Path, metavar="OUT", help=self._terminal.speak(_JSON))
        return parser

    def _seeing(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--zones", type=Path, metavar="FILE.toml", help=self._terminal.speak(_ZONES))
        parser.add_argument("--config", type=Path, metavar="FILE.toml", help=self._terminal.speak(CONFIG))
        parser.add_argument("--engine", choices=("auto", "reference", "own", "pose"), help=self._terminal.speak(ENGINE))

    def _clips(self, asked: argparse.Namespace) -> int:
        from agent.evaluation.clips import Clips, evaluate_clips, roc_picture
        from agent.evaluation.labels import read_labels
        from agent.evaluation.replay import Eyes
        from agent.evaluation.resume import write_whole

        clips = Clips(_folder(asked.folder), read_labels(asked.labels), _view(asked.zones))
        if asked.roc is not None:
            clips.check_curve()
        with Eyes(self._terminal.load(asked)) as eyes, self._desk(asked) as desk:
            report = evaluate_clips(clips, eyes, desk)
            if asked.roc is not None:  # before what was measured is forgotten: without --roc it can still be had
                write_whole(asked.roc, roc_picture(report).encode("utf-8"))
            desk.results.finish(report)
        self._tell_clips(report)
        self._resting(report)
        return self._left_out(report)

    def _kisa(self, asked: argparse.Namespace) -> int:
        from agent.evaluation.kisa import chosen
        from agent.evaluation.kisa_demo import USUAL, evaluate_demo
        from agent.evaluation.kisa_run import Films, evaluate_kisa, for_kisa
        from agent.evaluation.replay import Eyes

        items = chosen([name for name in asked.items.split(",") if name.strip()])
        drawn = asked.folder == DEMO
        if asked.seeds < 1:
            raise ConfigError(ko="--seeds는 1 이상이어야 합니다.", en="--seeds must be at least 1.")
        if not drawn and asked.xml is None:
            raise ConfigError(
                ko="결과 XML을 넣을 폴더를 --xml로 알려 주세요.", en="Say with --xml where the result files are to go."
            )
        view = _view(asked.zones) if asked.zones is not None else None
        with Eyes(for_kisa(self._terminal.load(asked))) as eyes, self._desk(asked) as desk:
            if drawn:
                report = evaluate_demo(range(1, asked.seeds + 1), items if asked.items else chosen(USUAL), eyes, desk)
            else:
                truth = _folder(asked.truth) if asked.truth is not None else None
                films = Films(_folder(Path(asked.folder)), truth, view)
                report = evaluate_kisa(films, asked.xml, items, eyes, desk)
            desk.results.finish(report)
        self._tell_kisa(report)
        self._resting(report)
        return self._left_out(report)

    def _poses(self, asked: argparse.Namespace) -> int:
        from agent.evaluation.poses import evaluate_poses

        train = _folder(asked.train) if asked.train is not None else None
        with self._desk(asked) as desk:
            report = evaluate_poses(_folder(asked.folder), train, desk)
            desk.results.finish(report)
        self._tell_poses(report)
        return self._left_out(report)

    def _qr(self, asked: argparse.Namespace) -> int:
        from agent.evaluation.qr import evaluate_qr
        from agent.evaluation.qr_readers import all_readers

        with self._desk(asked) as desk:
            report = evaluate_qr(_folder(asked.folder), all_readers(), desk)
            desk.results.finish(report)
        self._tell_qr(report)
        return self._left_out(report)

    @contextmanager
    def _desk(self, asked: argparse.Namespace) -> Iterator[Desk]:
        with Results(asked.out) as results:
            yield Desk(results, lambda total: Progress(sys.stderr, total, SystemClock(), self._terminal.speak))

    def _tell_clips(self, report: Mapping[str, Any]) -> None:
        for row in report["clips"]:
            heard = ", ".join(f"{alarm['rule']} {alarm['raised_s']:.1f}s" for alarm in row["alarms"]) or "-"
            self._terminal.say(f"{row['file']:36} {row['label']:12} {row['score']:.3f}  {heard}")
        judged = {self._terminal.speak(_ALL): report["overall"], **report["actors"]}
        self._terminal.table(
            (_WHO, _COUNT, _BALANCED, _AUC, _ALARMED),
            [
                (name, one["clips"], one["by_score"]["balanced_accuracy"], _range(one["auc"]), _caught(one["by_alarm"]))
                for name, one in judged.items()
            ],
        )
        self._caution(report)
        rates = ((name, one["count"], one["per_hour"]) for name, one in report["false_alarms"].items())
        self._terminal.table((_FALSE, _COUNT, _HOURLY), list(rates))

    def _caution(self, report: Mapping[str, Any]) -> None:
        """Nobody is to take the figures of people whom the model knows for those of people whom it does not."""
        model = report["concealment"]
        if model is None:
            self._terminal.tell(_NO_MODEL)
        elif model["trained_on"] is None:
            self._terminal.tell(_UNKNOWN)
        elif seen := [name for name in report["actors"] if name in model["trained_on"]]:
            self._terminal.say(self._terminal.speak(_SEEN).format(", ".join(seen)))

    def _tell_kisa(self, report: Mapping[str, Any]) -> None:
        for row in report["recordings"]:
            wrong = {key: how for key, how in (row["outcome"] or {}).items() if how not in ("found", "quiet")}
            if wrong or row["outcome"] is None:
                heard = ", ".join(f"{alarm['rule']} {alarm['raised_s']:.1f}s" for alarm in row["alarms"]) or "-"
                self._terminal.say(
                    f"{row['file']:32} {', '.join(f'{key}: {how}' for key, how in wrong.items())}  {row['due']}  {heard}"
                )
        self._terminal.table(
            (_ITEM, _COUNT, _FOUND, _MISSED, _FALSE, _SCORE),
            [
                (key, one["recordings"], one["found"], one["missed"], one["false"], one["score"])
                for key, one in report["items"].items()
            ],
        )

    def _tell_poses(self, report: Mapping[str, Any]) -> None:
        rows = [
            (self._terminal.speak(title), report[part]["frames"], *(_range(report[part][name]) for name in _CURVES))
            for part, title in (("all_frames", _ALL_FRAMES), ("frames_with_people", _PEOPLED))
        ]
        self._terminal.table((_FRAMES, _COUNT, _AUC_ROC, _AUC_PR, _EER), rows)
        within = report["within_videos"]
        self._terminal.table((_WITHIN, _COUNT, _AUC_ROC), [("", within["videos"], _range(within["mean_auc_roc"]))])

    def _tell_qr(self, report: Mapping[str, Any]) -> None:
        sheets = {report["reader"]: report, **report["peers"]}
        rows = [(self._terminal.speak(_ALL), name, *sheet["overall"].values()) for name, sheet in sheets.items()]
        for folder in report["folders"]:
            rows += [(folder, name, *sheet["folders"][folder].values()) for name, sheet in sheets.items()]
        self._terminal.table((_FOLDER, _READER, *_OUTCOMES), rows)
        timing = report["timing"]
        self._terminal.table((_READER, _PICTURE_MS, _FRAME_MS), [(name, *_ms(one)) for name, one in timing.items()])

    def _resting(self, report: Mapping[str, Any]) -> None:
        """Nobody is to take it for a finding that a rule raised nothing which could not work here."""
        for one in report["resting"]:
            self._terminal.tell(
                Text(
                    ko=f"제대로 잴 수 없었음 (영상 {one['recordings']}개): {one['ko']}",
                    en=f"Could not be measured as meant (recordings: {one['recordings']}): {one['en']}",
                )
            )
        if report["resting"]:
            self._terminal.tell(_DRAW)

    def _left_out(self, report: Mapping[str, Any]) -> int:
        for one in report["skipped"]:
            self._terminal.tell(Text(ko=f"건너뜀: {one['item']} - {one['ko']}", en=f"Left out: {one['item']} - {one['en']}"))
        return LEFT_OUT if report["skipped"] else 0


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigError(ko=f"{path} 폴더가 없습니다. 경로를 확인해 주세요.", en=f"There is no folder {path}. Check the path.")
    return path


def _view(path: Path | None) -> View:
    return read_view(path) if path is not None else View()


def _range(area: Mapping[str, float | None] | None) -> str | None:
    if area is None or area["value"] is None:
        return None
    between = f" ({area['low']:.3f}-{area['high']:.3f})" if area["low"] is not None else ""
    return f"{area['value']:.3f}{between}"


def _ms(timing: Mapping[str, float]) -> list[str]:
    """Milliseconds per picture and per empty 720p frame."""
    return [f"{timing[key]:.1f}" if key in timing else "-" for key in ("ms_median", "ms_720p_without_a_code")]


def _caught(counts: Mapping[str, Any]) -> str:
    of, normal = (counts[a] + counts[b] for a, b in (("thefts_called", "thefts_missed"), ("normal_called", "normal_left")))
    return f"{counts['thefts_called']}/{of}, {counts['normal_called']}/{normal}"


_EVALUATE = Text(
    ko="영상, 자세, 그림으로 안심의 성능을 잽니다", en="measure what Ansim finds, on recordings, poses and pictures"
)
_CLIPS = Text(
    ko="라벨이 있는 짧은 영상: 경보, 혼동 행렬, 균형 정확도, AUC, 시간당 오경보",
    en="labelled clips: alarms, confusion, balanced accuracy, AUC, false alarms per hour",
)
_CLIPS_DIR = Text(ko="영상 폴더", en="folder of clips")
_LABELS = Text(
    ko="라벨 표 (탭으로 나눔; 열 file, label, 있으면 actor; 'normal'이 아니면 절도)",
    en="table of labels, tab-separated: file, label and, if known, actor; any label but 'normal' is a theft",
)
_ROC = Text(ko="ROC 곡선을 SVG 그림으로 저장", en="write the ROC curve as an SVG picture")
_KISA = Text(
    ko="KISA 지능형 CCTV 시험처럼: 영상마다 결과 XML을 쓰고 정답이 있으면 점수를 냅니다",
    en="as in KISA's test of intelligent CCTV: a result XML per video, scored where the truth is known",
)
_KISA_DIR = Text(
    ko="영상 폴더, 또는 그려진 가게의 장면으로 재려면 demo:", en="folder of videos, or demo: for scenes of the drawn shop"
)
_TRUTH = Text(
    ko="정답 XML 폴더 (없으면 영상 옆에서 찾음)", en="folder of truth XML; without it they are looked for beside the videos"
)
_XML = Text(
    ko="결과 XML을 쓸 폴더 (영상이나 정답이 없는 폴더)", en="where the result XML files go: a folder without videos and truth"
)
_ITEMS = Text(
    ko="시험 항목, 쉼표로 나눔: loitering, intrusion, left_object, collapse, fighting, arson, damage, theft, swept, "
    "concealment, forced_till (없으면 모두, demo:에서는 그려진 장면이 있는 것 모두)",
    en="items, separated by commas: loitering, intrusion, left_object, collapse, fighting, arson, damage, theft, swept, "
    "concealment, forced_till (default: all; with demo: all that are drawn)",
)
_SEEDS = Text(ko="demo:에서 항목마다 몇 장면인지", en="with demo:, how many scenes per item")
_POSES = Text(
    ko="PoseLift 형식의 자세 자료: 프레임 점수, AUC-ROC, AUC-PR, EER",
    en="poses in PoseLift's layout: frame scores, AUC-ROC, AUC-PR, EER",
)
_POSES_DIR = Text(ko="정답(*.labels.npy)이 있는 자세 폴더", en="folder of poses with their *.labels.npy")
_TRAIN = Text(ko="평소 모습을 배울 자세 폴더", en="folder of normal poses to learn from")
_QR = Text(ko="QR 코드 사진: 옆의 .txt와 똑같이 읽는지", en="pictures of QR codes: are they read as the .txt beside each says")
_QR_DIR = Text(ko="사진 폴더", en="folder of pictures")
_ZONES = Text(ko="구역 파일: 설정의 카메라처럼 [[zones]]를 적음", en="zones: a file with [[zones]] as in a camera's settings")
CONFIG = Text(ko="설정 파일 (TOML)", en="settings file (TOML)")
ENGINE = Text(ko="사람을 찾는 방법", en="how people are found")
_JSON = Text(
    ko="결과를 JSON으로 저장; 멈춰도 다시 실행하면 이어서 잽니다",
    en="write the report as JSON; a run that was stopped goes on where it was",
)
VERBOSE = Text(ko="자세한 기록", en="detailed log")
_ALL = Text(ko="전체", en="all")
_WHO = Text(ko="배우", en="actor")
_SEEN = Text(
    ko="모델이 학습 때 본 배우: {}. 처음 보는 사람에 대한 성능이 아닙니다. 배우를 뺀 수치는 docs/evaluation.md에 있습니다.",
    en="The model was trained on: {}. These are no figures for people it has not seen; for those see docs/evaluation.md.",
)
_UNKNOWN = Text(
    ko="물건 숨김 모델이 누구의 영상으로 학습했는지 알 수 없습니다. 처음 보는 사람에 대한 수치로 여기지 마세요.",
    en="It is not known on whom the concealment model was trained. Do not take these for figures of people it has not seen.",
)
_NO_MODEL = Text(
    ko="물건 숨김 모델이 없어 경보만 비교했습니다.", en="There is no concealment model: only alarms were compared."
)
_DRAW = Text(
    ko="구역은 --zones 파일로 줄 수 있습니다(docs/evaluation.md).", en="Zones can be given with --zones (docs/evaluation.md)."
)
_COUNT = Text(ko="수", en="count")
_BALANCED = Text(ko="균형 정확도", en="balanced accuracy")
_AUC = Text(ko="AUC (95 %)", en="AUC (95 %)")
_ALARMED = Text(ko="경보: 절도, 정상", en="alarmed: thefts, normal")
_FALSE = Text(ko="오경보", en="false alarms")
_HOURLY = Text(ko="시간당", en="per hour")
_ITEM = Text(ko="항목", en="item")
_FOUND = Text(ko="찾음", en="found")
_MISSED = Text(ko="놓침", en="missed")
_FRAMES = Text(ko="프레임", en="frames")
_ALL_FRAMES = Text(ko="전체", en="all")
_PEOPLED = Text(ko="사람이 있는 프레임", en="with people")
_AUC_ROC = Text(ko="AUC-ROC (95 %)", en="AUC-ROC (95 %)")
_AUC_PR = Text(ko="AUC-PR (95 %)", en="AUC-PR (95 %)")
_EER = Text(ko="EER (95 %)", en="EER (95 %)")
_WITHIN = Text(ko="영상별 평균", en="mean within videos")
_SCORE = Text(ko="점수", en="score")
_FOLDER = Text(ko="폴더", en="folder")
_READER = Text(ko="판독기", en="reader")
_OUTCOMES = (
    Text(ko="읽음", en="read"),
    Text(ko="다르게 읽음", en="wrong"),
    Text(ko="못 읽음", en="missed"),
    Text(ko="없음(정답)", en="empty"),
    Text(ko="잘못 읽음", en="false"),
    Text(ko="판정 없음", en="not judged"),
)
_PICTURE_MS = Text(ko="사진당 CPU ms", en="CPU ms per picture")
_FRAME_MS = Text(ko="코드 없는 720p당 CPU ms", en="CPU ms per 720p frame without a code")
