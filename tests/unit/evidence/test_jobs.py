"""Work on evidence: one at a time, told step by step, and what goes wrong is a sentence."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from agent.clock import SystemClock
from agent.errors import StoreError
from agent.evidence.jobs import REMEMBERED, Busy, Job, Jobs, JobState, Made
from agent.values import Text

STEPS = (Text(ko="하나", en="one"), Text(ko="둘", en="two"))
PATIENCE_S = 20.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(SystemClock())
    yield jobs
    jobs.close()


def done(jobs: Jobs, job: Job) -> Job:
    assert jobs.drain(PATIENCE_S)
    found = jobs.find(job.token)
    assert found is not None
    return found


def test_a_job_tells_how_far_it_is_and_what_it_made(jobs: Jobs) -> None:
    came_to, go_on = threading.Event(), threading.Event()

    def work(tell: Callable[[int], None]) -> Made:
        tell(1)
        came_to.set()
        assert go_on.wait(PATIENCE_S)
        return Made(bag="a bag")

    job = jobs.begin("incident", "점주", STEPS, work)
    assert came_to.wait(PATIENCE_S)
    now = jobs.find(job.token)
    assert now is not None
    assert (now.at, now.state, now.made) == (1, JobState.RUNNING, None)
    with pytest.raises(Busy):
        jobs.begin("another", "점주", STEPS, lambda _: Made())
    go_on.set()
    assert done(jobs, job).state is JobState.DONE
    assert done(jobs, job).made == Made(bag="a bag")
    assert done(jobs, jobs.begin("another", "점주", STEPS, lambda _: Made())).state is JobState.DONE


def test_what_the_owner_can_act_on_is_told_as_it_is(jobs: Jobs) -> None:
    def work(_: Callable[[int], None]) -> Made:
        raise StoreError(ko="자리가 없습니다.", en="No room.")

    failed = done(jobs, jobs.begin("incident", "점주", STEPS, work))
    assert failed.state is JobState.FAILED
    assert failed.wrong == Text(ko="자리가 없습니다.", en="No room.")


def test_a_bug_is_a_plain_sentence_and_stands_in_the_log(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def work(_: Callable[[int], None]) -> Made:
        raise ZeroDivisionError("inside")

    failed = done(jobs, jobs.begin("incident", "점주", STEPS, work))
    assert failed.wrong is not None
    assert "inside" not in failed.wrong.en
    assert "ZeroDivisionError" in caplog.text
    assert done(jobs, jobs.begin("incident", "점주", STEPS, lambda _: Made())).state is JobState.DONE


def test_nothing_of_a_job_s_secrets_outlives_it(jobs: Jobs) -> None:
    class Secret:
        """A passphrase, say."""

    secret = Secret()
    watched = weakref.ref(secret)

    def work(_: Callable[[int], None], held: Secret = secret) -> Made:
        return Made(bag=type(held).__name__)

    done(jobs, jobs.begin("incident", "점주", STEPS, work))
    del work, secret
    gc.collect()
    assert watched() is None


def test_old_jobs_are_forgotten_and_a_closed_desk_takes_none(jobs: Jobs) -> None:
    first = jobs.begin("incident", "점주", STEPS, lambda _: Made())
    for _ in range(REMEMBERED):
        assert jobs.drain(PATIENCE_S)
        jobs.begin("incident", "점주", STEPS, lambda _: Made())
    assert jobs.find(first.token) is None
    jobs.close()
    with pytest.raises(Busy):
        jobs.begin("incident", "점주", STEPS, lambda _: Made())
