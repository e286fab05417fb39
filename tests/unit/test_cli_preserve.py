"""`ansim preserve`: what is typed, what is said, and what the ledger keeps of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli_preserve import Preserve
from agent.clock import ManualClock, SystemClock
from agent.errors import ConfigError, StoreError
from agent.preservation import PreservationRefused
from agent.settings import DataSettings, Settings
from agent.vault import Vault
from tests.stored import incident, keep_clip
from tests.terminal import said_by

TODAY = dt.datetime.now(ZoneInfo("Asia/Seoul")).date()
SOON, LATER = ((TODAY + dt.timedelta(days)).isoformat() for days in (10, 60))
Run = Callable[..., list[str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Vault(tmp_path / "data", clock := SystemClock()) as vault:
        keep_clip(vault, 1, clock.utc() - 3600)
    return tmp_path / "data"


@pytest.fixture
def run(data: Path) -> Run:
    def run(*typed: str, language: str = "en") -> list[str]:
        return said_by(Preserve, Settings(data=DataSettings(folder=data)), "preserve", *typed, language=language)

    return run


def test_an_incident_is_preserved_listed_and_let_go(run: Run, data: Path) -> None:
    assert run() == ["No incident is being kept beyond its retention time."]
    (said,) = run(
        incident().id,
        "--until",
        LATER,
        "--reason",
        "경찰 수사",
        "--agency",
        "마포경찰서",
        "--case",
        "2026-1234",
        "--by",
        "점주",
    )
    assert LATER in said
    listed = run(language="ko")
    assert listed == [
        f"{incident().id}  {LATER}까지, 검토 {TODAY + dt.timedelta(30)}",
        "    경찰 수사 (마포경찰서 2026-1234), 점주",
    ]
    assert "no longer kept" in run(incident().id, "--end", "--reason", "수사 종결", "--by", "점주")[0]
    assert json.loads(run("--json")[0]) == {"held": []}
    with Vault(data, ManualClock()) as vault:
        assert [hold.reason for hold in vault.holds(incident().id)] == ["수사 종결", "경찰 수사"]
        actions = [(line.actor, line.action) for line in vault.audit(target=incident().id)]
    assert actions == [("점주", "end_preservation"), ("점주", "preserve")]


def test_in_json(run: Run) -> None:
    answer = json.loads(run(incident().id, "--until", LATER, "--review", SOON, "--reason", "경찰 수사", "--json")[0])
    assert (answer["kept"]["until"], answer["kept"]["review"]) == (LATER, SOON)
    assert json.loads(run("--json")[0])["held"] == [answer["kept"]]


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ((), ConfigError),
        (("--until", LATER), PreservationRefused),  # no reason
        (("--until", "2020-01-01", "--reason", "경찰 수사"), PreservationRefused),
        (("--until", SOON, "--review", LATER, "--reason", "경찰 수사"), PreservationRefused),
        (("--end", "--reason", "수사 종결"), StoreError),  # it is not kept
        (("--end",), PreservationRefused),
    ],
)
def test_what_is_wrong_is_said(run: Run, typed: tuple[str, ...], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        run(incident().id, *typed)
    assert json.loads(run("--json")[0]) == {"held": []}


def test_an_unknown_incident_and_what_is_no_date(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StoreError, match="no incident"):
        run("nothing", "--until", LATER, "--reason", "경찰 수사")
    with pytest.raises(SystemExit):
        run(incident().id, "--until", "tomorrow", "--reason", "경찰 수사")
    assert "YYYY-MM-DD" in capsys.readouterr().err


def test_while_the_agent_runs_the_list_is_shown_and_the_rest_is_left_to_the_panel(run: Run, data: Path) -> None:
    run(incident().id, "--until", LATER, "--reason", "경찰 수사")
    with Vault(data, SystemClock()):
        assert len(run()) == 2
        with pytest.raises(StoreError, match="panel"):
            run(incident().id, "--end", "--reason", "수사 종결")
