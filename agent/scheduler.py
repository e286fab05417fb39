"""What is done by the clock: retention each hour, a check of the whole store each night, a look at the threads every half
minute, and every ten minutes the chores, which see by themselves whether there is something to do.

Comes in: the vault, settings, and what to look after. Goes out: APScheduler's jobs. A job that fails is logged and comes again.
A check that takes hours is given up when the program is to stop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler

from agent.clock import Clock
from agent.settings import DataSettings
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.check import check
from agent.vault.retention import sweep

log = logging.getLogger(__name__)

CHECKPOINT_MINUTES = 10  # what was recorded since is what somebody with the PC could rewrite unnoticed by older anchors
CHORE_MINUTES = 10
NIGHT_HOUR = 4  # local time of the shop, when the fewest people come


class _Stopped(Exception):
    """The program is about to stop."""


def make_scheduler(
    vault: Vault,
    limits: DataSettings,
    clock: Clock,
    timezone: str,
    look_after: Callable[[], None],
    stopping: Callable[[], bool],
    chores: Mapping[str, Callable[[], object]] = MappingProxyType({}),
    doubtful: Callable[[], bool] = lambda: False,
) -> BackgroundScheduler:
    """The scheduler, not started yet. look_after is called each half minute; stopping: whether long jobs are to be given up.

    chores: what sees by itself whether there is something to do; called at once, and every ten minutes. doubtful: whether the
    clock may be far ahead, so that nothing is to be erased for its age.
    """
    scheduler = BackgroundScheduler(
        timezone=timezone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 600}
    )
    scheduler.add_job(lambda: sweep(vault, limits, clock, by_age=not doubtful()), "interval", hours=1, id="retention")
    scheduler.add_job(lambda: examine(vault, clock, stopping), "cron", hour=NIGHT_HOUR, id="check")
    scheduler.add_job(vault.checkpoint, "interval", minutes=CHECKPOINT_MINUTES, id="checkpoint")
    scheduler.add_job(look_after, "interval", seconds=30, id="look-after")
    for name, chore in chores.items():
        scheduler.add_job(chore, "interval", minutes=CHORE_MINUTES, id=name, next_run_time=datetime.now(UTC))
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    return scheduler


def examine(vault: Vault, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> None:
    """Hash everything that is stored, and tell of what is wrong and was not known yet. Repairs nothing while the agent runs.

    Given up without a word, one day's folder later at most, when `stopping`.
    """

    def heed(_done: int, _of: int) -> None:
        if stopping():
            raise _Stopped

    try:
        report = check(vault.folder, clock, repair=False, deep=True, progress=heed)
    except _Stopped:
        return
    fresh = [problem for problem in report.problems if not problem.known]
    if fresh:
        first = fresh[0]
        text = Text(
            ko=f"저장소 점검에서 문제 {len(fresh)}건을 찾았습니다. {first.where}: {first.text.ko} "
            "안심을 다시 시작하면 고칩니다.",
            en=f"The nightly check found {len(fresh)} problems. {first.where}: {first.text.en} "
            "A restart of Ansim repairs what it can.",
        )
        vault.record_event(Event(clock.utc(), EventKind.STORE_DAMAGED, text))


def _failed(event: JobExecutionEvent) -> None:
    log.error("scheduled job %s failed: %s", event.job_id, event.exception)
