"""The owner's word reaches the running cameras, is there after a restart, and moves only what it should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.accuracy import Accuracy, RuleAccuracy
from agent.clock import ManualClock
from agent.errors import StoreError
from agent.incidents.engine import IncidentEngine, Opened
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import FrameStamp, Severity, Text, Verdict
from agent.vault import Vault
from tests.stored import UTC as THEN
from tests.stored import incident, opened

SET = IncidentSettings()


@pytest.fixture
def vault(tmp_path: Path):
    with opened(tmp_path / "data", ManualClock(THEN)) as vault:
        for number in range(1, 11):
            vault.open_incident(incident(number, THEN + number))
        yield vault


def test_a_word_counts_at_once_and_can_be_taken_back(vault: Vault) -> None:
    accuracy = Accuracy(vault, SET)
    assert accuracy.settings == SET
    accuracy.judge(incident(1).id, Verdict.FALSE, "mina")
    assert accuracy.settings.loitering.seconds > SET.loitering.seconds
    accuracy.judge(incident(1).id, None, "mina")
    assert accuracy.settings == SET


def test_after_a_restart_the_thresholds_are_where_they_were(vault: Vault) -> None:
    before = Accuracy(vault, SET)
    for number in range(1, 6):
        before.judge(incident(number).id, Verdict.FALSE, "mina")
    after = Accuracy(vault, SET)
    after.refresh()
    assert after.settings == before.settings != SET


def test_what_the_owner_sets_anew_is_what_is_moved(vault: Vault) -> None:
    Accuracy(vault, SET).judge(incident(1).id, Verdict.FALSE, "mina")
    other = Accuracy(vault, replace(SET, loitering=replace(SET.loitering, seconds=60.0)))
    other.refresh()
    assert other.settings.loitering.seconds == 68.0  # 60 x 2 to the power of 1/5, and whole


def test_a_reset_puts_a_rule_back_and_later_words_count_anew(vault: Vault) -> None:
    accuracy = Accuracy(vault, SET)
    for number in range(1, 6):
        accuracy.judge(incident(number).id, Verdict.FALSE, "mina")
    accuracy.reset("loitering", "mina")
    assert accuracy.settings == SET
    (line,) = accuracy.rules()
    assert (line.alarms, line.judged, line.real, line.counting, line.factor, line.moved) == (10, 5, 0, 0, 1.0, False)
    assert line.reset_utc == THEN
    accuracy.judge(incident(6).id, Verdict.FALSE, "mina")
    assert accuracy.rules()[0].counting == 1
    assert accuracy.rules()[0].moved


def test_an_alarm_of_a_rule_that_no_longer_exists_is_listed_and_moves_nothing(vault: Vault) -> None:
    vault.open_incident(incident(1, id="old-1", rule="of_an_older_version"))
    accuracy = Accuracy(vault, SET)
    accuracy.judge("old-1", Verdict.FALSE, "mina")
    assert accuracy.settings == SET
    assert accuracy.rules()[1] == RuleAccuracy("of_an_older_version", 1, 1, 0, (), pytest.approx(2 ** (1 / 5)), 1)


def test_a_word_on_an_unknown_incident_changes_nothing(vault: Vault) -> None:
    accuracy = Accuracy(vault, SET)
    with pytest.raises(StoreError):
        accuracy.judge("nothing", Verdict.FALSE, "mina")
    assert accuracy.settings == SET


def test_many_words_at_once_end_where_the_last_one_leads(vault: Vault) -> None:
    accuracy = Accuracy(vault, SET)
    judges = [
        threading.Thread(target=accuracy.judge, args=(incident(number).id, Verdict.FALSE, "mina")) for number in range(1, 11)
    ]
    for judge in judges:
        judge.start()
    for judge in judges:
        judge.join()
    settings = accuracy.settings
    accuracy.refresh()
    assert accuracy.settings == settings


def stays(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """A rule that has something to say at each moment, and waits for as long as loitering does."""
    yield Sign("stays", "it", Text("머묾", "stays"), Severity.NOTE, hold_s=settings.loitering.seconds)


def test_a_running_camera_judges_by_the_new_threshold_from_the_next_moment_on() -> None:
    engine = IncidentEngine("till", SET, rules=(stays,))
    opened_at = []
    for second in range(60):
        if second == 20:
            engine.retune(replace(SET, loitering=replace(SET.loitering, seconds=45.0)))
        stamp = FrameStamp("till", second, float(second), THEN + second)
        changes = engine.step(Scene("till", stamp, datetime.fromtimestamp(stamp.utc, UTC), open_now=True))
        opened_at += [second for change in changes if isinstance(change, Opened)]
    assert opened_at == [45]
