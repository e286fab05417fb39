"""The `ansim` command: the only place with exit codes and print.

Comes in: arguments. Goes out: text for people (Korean or English), JSON with --json, and an exit code:
0 done, 1 something failed, 2 settings or arguments wrong, 3 source unusable, 4 store unusable, 5 evidence damaged,
6 model missing or broken, 7 panel address unusable, 130 interrupted by Ctrl+C. A running agent that is stopped by Ctrl+C or
SIGTERM has done what it was asked to: 0.
"""

from __future__ import annotations

import argparse
import json
import locale
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from agent import __version__
from agent.cli_anchor import Anchor
from agent.cli_evaluate import CONFIG, ENGINE, VERBOSE, Evaluate
from agent.cli_evidence import Evidence
from agent.cli_keys import Keys
from agent.cli_preserve import Preserve
from agent.cli_reveal import Reveal
from agent.cli_terminal import Terminal
from agent.clock import SystemClock
from agent.config import load_settings, overrides_from, with_sources
from agent.errors import AnsimError, ConfigError, IntegrityError
from agent.settings import Settings
from agent.values import Text
from agent.vault.checkpoint import Checkpoint, read_anchor
from agent.workers import leave_no_core, tame_memory

log = logging.getLogger("agent")

TRIAL_LOITERING_S = (
    10.0  # for a look at a source without any settings: KISA's definition of loitering, so that something is seen
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    leave_no_core()
    parser = _parser()
    asked = parser.parse_args(arguments)
    if getattr(asked, "act", None) is None:
        parser.print_help()
        return 2
    logging.basicConfig(
        level=logging.DEBUG if asked.verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        return int(asked.act(asked))
    except AnsimError as error:
        _say_error(asked, error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ansim", description=_t(_ABOUT))
    parser.add_argument("--version", action="version", version=f"ansim {__version__}")
    commands = parser.add_subparsers(title=_t(_COMMANDS), metavar="")

    terminal = Terminal(_t, print, _settings, _common)
    run = terminal.command(commands, "run", _RUN, _run)
    run.add_argument("--source", action="append", default=[], metavar="URL_OR_FILE", help=_t(_SOURCE))
    run.add_argument("--engine", choices=("auto", "reference", "own", "pose"), help=_t(ENGINE))
    run.add_argument("--once", action="store_true", help=_t(_ONCE))
    run.add_argument("--no-web", action="store_true", help=_t(_NO_WEB))
    run.add_argument("--port", type=int, help=_t(_PORT))

    check = terminal.command(commands, "check", _CHECK, _check)
    check.add_argument("--deep", action="store_true", help=_t(_DEEP))
    check.add_argument("--dry-run", action="store_true", help=_t(_DRY))
    check.add_argument("--anchor", action="append", default=[], metavar="TEXT_OR_FILE", help=_t(_ANCHOR))

    acts = terminal.command(commands, "models", _MODELS).add_subparsers(metavar="")
    terminal.command(acts, "list", _MODELS_LIST, _models_list)
    pull = terminal.command(acts, "pull", _MODELS_PULL, _models_pull)
    pull.add_argument("name", nargs="?", default="yolo11n-pose")

    acts = terminal.command(commands, "user", _USER).add_subparsers(metavar="")
    add = terminal.command(acts, "add", _USER_ADD, lambda asked: _user_add(asked, terminal))
    add.add_argument("name")

    terminal.command(commands, "doctor", _DOCTOR, _doctor)
    for part in (
        Keys(terminal),
        Reveal(terminal),
        Evaluate(terminal),
        Evidence(terminal),
        Preserve(terminal),
        Anchor(terminal),
    ):
        part.add(commands)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help=_t(CONFIG))
    parser.add_argument("--data", type=Path, metavar="DIR", help=_t(_DATA))
    parser.add_argument("--json", action="store_true", help=_t(_JSON))
    parser.add_argument("--verbose", action="store_true", help=_t(VERBOSE))


def _settings(asked: argparse.Namespace) -> Settings:
    overrides: dict[str, object] = overrides_from(os.environ)
    if asked.data is not None:
        overrides["data.folder"] = str(asked.data)
    if getattr(asked, "engine", None):
        overrides["detection.engine"] = asked.engine
    if getattr(asked, "port", None) is not None:
        overrides["panel.port"] = asked.port
    if getattr(asked, "source", None) and asked.config is None:
        overrides.setdefault("incidents.loitering.seconds", TRIAL_LOITERING_S)
    settings = load_settings(asked.config, overrides)
    if getattr(asked, "source", None):
        settings = with_sources(settings, asked.source)
    if getattr(asked, "no_web", False):
        settings = replace(settings, panel=replace(settings.panel, enabled=False))
    return settings


def _run(asked: argparse.Namespace) -> int:
    from agent.app import App

    tame_memory()
    settings = _settings(asked)
    app = App(settings, SystemClock(), once=asked.once)
    report = app.start(_progress(_CHECKING))
    stopping: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _frame: stopping.append(number))
    _greet(asked, app)
    if report.problems:
        _say(
            asked,
            Text(
                ko=f"저장소 점검: {len(report.problems)}건을 정리했습니다.",
                en=f"The store was repaired: {len(report.problems)} findings.",
            ),
        )
    try:
        app.wait(lambda: bool(stopping))
        if stopping:
            _say(asked, _STOPPING)
    finally:
        app.stop()
    if asked.once:
        return _once_result(asked, app)
    return 0


def _greet(asked: argparse.Namespace, app: Any) -> None:
    if asked.json:
        print(
            json.dumps({"address": app.address, "owner_link": app.owner_link, "engine": list(app.engine.running)}), flush=True
        )
        return
    names = ", ".join(app.engine.running)
    _say(asked, Text(ko=f"검출: {names}", en=f"Detection: {names}"))
    for lack in app.engine.missing:
        _say(asked, Text(ko=f"  · {lack.what.ko} {lack.cost.ko}", en=f"  - {lack.what.en} {lack.cost.en}"))
    if app.address is not None:
        _say(asked, Text(ko=f"관리 화면: {app.address}", en=f"Panel: {app.address}"))
    if app.entrance_address is not None:
        _say(asked, Text(ko=f"손님용 화면: {app.entrance_address}", en=f"Customers' pages: {app.entrance_address}"))
    if app.owner_link is not None:
        _say(
            asked,
            Text(
                ko=f"처음 시작하기(점주 계정 만들기): {app.owner_link}",
                en=f"First start (make the owner's account): {app.owner_link}",
            ),
        )
    if not asked.once:
        _say(asked, _HOW_TO_STOP)


def _once_result(asked: argparse.Namespace, app: Any) -> int:
    from agent.vault import Vault

    if app.broken is not None and not app.failures:
        raise app.broken
    with Vault(app.settings.data.folder, SystemClock()) as vault:
        totals = vault.totals()
    done = Text(
        ko=f"끝났습니다. 사건 {totals.incidents}건, 증거 영상 {totals.clips}개, 녹화 {totals.segments}개.",
        en=f"Done: {totals.incidents} incidents, {totals.clips} clips, {totals.segments} presence segments.",
    )
    frames = sum(station.pipeline.tally.taken for station in app.stations)
    if asked.json:
        counts = {"incidents": totals.incidents, "clips": totals.clips, "segments": totals.segments, "frames": frames}
        print(json.dumps({**counts, "failures": [failure.text.en for failure in app.failures]}))
    elif app.stations:
        _say(asked, done)
    for failure in app.failures:
        _say_error(asked, failure)
    return app.failures[0].exit_code if app.failures else 0


def _check(asked: argparse.Namespace) -> int:
    from agent.vault.check import check
    from agent.vault.lock import FolderInUse

    folder, progress = _settings(asked).data.folder, _progress(_CHECKING)
    look = partial(check, folder, SystemClock(), deep=asked.deep, progress=progress, anchors=[_anchor(a) for a in asked.anchor])
    try:
        report = look(repair=not asked.dry_run)
    except FolderInUse:
        _say(asked, _NOT_REPAIRED)
        report = look(repair=False)
    left = [problem for problem in report.problems if not problem.repaired]
    if asked.json:
        rows = [{"kind": p.kind, "where": p.where, "text": p.text.en, "repaired": p.repaired} for p in report.problems]
        print(json.dumps({"problems": rows, "left": len(left)}))
    for problem in report.problems if not asked.json else ():
        mark = Text(ko="고침", en="repaired") if problem.repaired else Text(ko="남음", en="left")
        print(f"[{_t(mark)}] {problem.where}: {_t(problem.text)}")
    _say(
        asked,
        Text(
            ko=f"점검을 마쳤습니다. 문제 {len(report.problems)}건, 남은 것 {len(left)}건.",
            en=f"Checked: {len(report.problems)} findings, {len(left)} left.",
        ),
    )
    return IntegrityError.exit_code if left else 0


def _anchor(given: str) -> Checkpoint:
    """An anchor as it was typed or scanned, or the file that it was kept in."""
    try:
        path = Path(given)
        return read_anchor(path.read_text("utf-8") if len(given) < 200 and path.is_file() else given)
    except (OSError, ValueError) as wrong:
        raise ConfigError(
            ko=f"확인표가 아닙니다: {given[:40]}. ANSIM1:으로 시작하는 글자 전체, 또는 그것을 담은 파일을 적어 주세요.",
            en=f"That is no anchor: {given[:40]}. Give all of the text that begins with ANSIM1:, or a file that holds it.",
        ) from wrong


def _models_list(asked: argparse.Namespace) -> int:
    from agent.models import list_models, outlook

    statuses = list_models(_settings(asked).detection.models)
    view = outlook(statuses)
    if asked.json:
        rows = [
            {"name": s.name, "purpose": s.purpose, "state": s.state, "path": s.path and str(s.path), "licence": s.licence}
            for s in statuses
        ]
        print(json.dumps({"engine": view.engine, "models": rows}))
        return 0
    for status in statuses:
        print(f"{status.name:42} {status.state:8} {status.licence:12} {_t(status.text)}")
        if status.advice is not None:
            print(f"    {_t(status.advice)}")
    print(_t(view.text))
    for missing in view.missing:
        print(f"  - {_t(missing)}")
    return 0


def _models_pull(asked: argparse.Namespace) -> int:
    from agent.model_pull import pull

    def show(what: Text, share: float) -> None:
        if not asked.json:
            print(f"{_t(what)} {share:.0%}", file=sys.stderr, flush=True)

    path = pull(asked.name, _settings(asked).detection.models, show)
    _say(asked, Text(ko=f"모델을 설치했습니다: {path}", en=f"The model is installed: {path}"))
    return 0


def _user_add(asked: argparse.Namespace, terminal: Terminal) -> int:
    from agent.accounts import OWNER, Accounts

    clock = SystemClock()
    with terminal.vault(_settings(asked), clock) as vault:
        password = terminal.ask(Text(ko="새 비밀번호: ", en="New password: "))
        Accounts(vault, clock).add(asked.name, password, OWNER)
    _say(asked, Text(ko=f"계정 '{asked.name}'을(를) 만들었습니다.", en=f"The account '{asked.name}' was made."))
    return 0


def _doctor(asked: argparse.Namespace) -> int:
    from agent.doctor import examine

    findings = examine(_settings(asked))
    if asked.json:
        print(json.dumps([{"what": f.what.en, "good": f.good, "advice": f.advice and f.advice.en} for f in findings]))
    for finding in findings if not asked.json else ():
        print(f"{'✓' if finding.good else '✗'} {_t(finding.what)}")
        if finding.advice is not None:
            print(f"    {_t(finding.advice)}")
    return 0 if all(finding.good for finding in findings) else 1


def _language() -> str:
    return (
        os.environ.get("ANSIM_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "en"
    )


def _t(text: Text) -> str:
    return text.in_(_language())


def _say(asked: argparse.Namespace, text: Text) -> None:
    if not asked.json:
        print(_t(text), flush=True)


def _say_error(asked: argparse.Namespace, error: AnsimError) -> None:
    if asked.json:
        print(json.dumps({"error": type(error).__name__, "ko": error.text.ko, "en": error.text.en}), flush=True)
    print(_t(error.text), file=sys.stderr, flush=True)


def _progress(what: Text) -> Callable[[int, int], None]:
    """A line that is written over while the work goes on, on a terminal only."""

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty() and of:
            end = "\n" if done >= of else ""
            print(f"\r{_t(what)} {done}/{of}", end=end, file=sys.stderr, flush=True)

    return show


_ABOUT = Text(
    ko="안심: 무인 매장을 지켜보고, 사람을 가려서 저장하고, 증거를 남깁니다.",
    en="Ansim watches an unattended shop, masks everybody before anything is stored, and keeps evidence.",
)
_COMMANDS = Text(ko="명령", en="commands")
_RUN = Text(ko="카메라를 지켜보고 관리 화면을 엽니다", en="watch the cameras and serve the panel")
_SOURCE = Text(
    ko="카메라 주소 또는 영상 파일 (여러 번 쓸 수 있음)", en="a camera's address or a video file; may be given several times"
)
_ONCE = Text(ko="영상 파일을 끝까지 처리하고 끝냅니다", en="play file sources to their end without dropping frames, then exit")
_NO_WEB = Text(ko="관리 화면을 열지 않습니다", en="do not serve the panel")
_PORT = Text(ko="관리 화면의 포트", en="the panel's port")
_CHECK = Text(ko="저장소를 점검하고 고칩니다", en="check the store and repair it")
_DEEP = Text(ko="모든 파일의 해시까지 다시 계산합니다", en="hash every file again")
_ANCHOR = Text(
    ko="전에 인쇄하거나 보내 둔 확인표(ANSIM1:...)와 원장이 맞는지 봅니다 (여러 번 쓸 수 있음)",
    en="see whether the ledger fits an anchor (ANSIM1:...) that was printed or sent before; may be given several times",
)
_DRY = Text(ko="고치지 않고 알려 주기만 합니다", en="report only, repair nothing")
_MODELS = Text(ko="검출 모델", en="detection models")
_MODELS_LIST = Text(ko="어떤 모델이 있고 무엇이 없는지", en="which models are there, and what is missing")
_MODELS_PULL = Text(
    ko="공식 YOLO 모델을 받아 OpenVINO로 바꿉니다 (ansim[yolo] 필요)",
    en="get official YOLO weights and export them to OpenVINO (needs ansim[yolo])",
)
_USER = Text(ko="관리 화면 계정", en="accounts of the panel")
_USER_ADD = Text(ko="계정을 만듭니다", en="make an account")
_DOCTOR = Text(ko="이 PC에서 안심이 잘 돌 수 있는지 봅니다", en="see whether Ansim can run well on this PC")
_DATA = Text(ko="데이터 폴더", en="data folder")
_JSON = Text(ko="사람 대신 프로그램이 읽을 JSON으로 답합니다", en="answer in JSON")
_CHECKING = Text(ko="저장소 점검", en="Checking the store")
_NOT_REPAIRED = Text(
    ko="안심이 실행 중이어서 고치지 않고 살펴보기만 합니다. 고치려면 안심을 멈춘 뒤 다시 점검해 주세요.",
    en="Ansim is running on this folder, so nothing is repaired. To repair, stop it and check again.",
)
_STOPPING = Text(
    ko="멈추는 중입니다. 만들던 증거 영상을 마저 저장합니다.", en="Stopping; clips that are being made are finished first."
)
_HOW_TO_STOP = Text(ko="멈추려면 Ctrl+C를 누르세요.", en="Press Ctrl+C to stop.")
