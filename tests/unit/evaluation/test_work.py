"""Work that is kept as it goes: what is known is not done again, what fails is told, a torn line harms nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import SourceError, StoreError
from agent.evaluation.progress import Progress
from agent.evaluation.resume import Plain, Results
from agent.evaluation.work import Desk, Done, Job


def job(name: str, done: list[str], *, fails: bool = False) -> Job:
    def run() -> Plain:
        done.append(name)
        if fails:
            raise SourceError(ko="못 읽음", en="unreadable")
        return {"value": len(name)}

    return Job(name, lambda: f"key of {name}", run)


def worked(out: Path | None, jobs: list[Job]) -> Done:
    with Results(out) as results:
        return Desk(results, lambda total: Progress(io.StringIO(), total, ManualClock(), str)).work(jobs)


def test_results_come_in_the_order_of_the_jobs_and_failures_do_not_stop_the_rest() -> None:
    done = worked(None, [job("b", []), job("bad", [], fails=True), job("aa", [])])
    assert list(done.results.items()) == [("b", {"value": 1}), ("aa", {"value": 2})]
    assert [left.plain() for left in done.left] == [{"item": "bad", "ko": "못 읽음", "en": "unreadable"}]


def test_a_run_goes_on_where_an_earlier_one_was(tmp_path: Path) -> None:
    out, first, second = tmp_path / "out.json", list[str](), list[str]()
    worked(out, [job("a", first), job("bad", first, fails=True)])
    done = worked(out, [job("a", second), job("bad", second), job("c", second)])
    assert (first, second) == (["a", "bad"], ["bad", "c"])
    assert list(done.results) == ["a", "bad", "c"]


def test_a_result_is_used_again_only_for_the_same_key(tmp_path: Path) -> None:
    out, done = tmp_path / "out.json", list[str]()
    worked(out, [job("a", done)])
    changed = job("a", done)
    worked(out, [Job("a", lambda: "another key", changed.run)])
    assert done == ["a", "a"]


@pytest.mark.parametrize("torn", ['{"key": "key of c", "resu', "{}\n", '{"key": "key of c", "result": {"value": 1}}'])
def test_a_line_that_was_cut_short_is_dropped(tmp_path: Path, torn: str) -> None:
    out, done = tmp_path / "out.json", list[str]()
    worked(out, [job("a", done)])
    partial = tmp_path / "out.json.partial"
    partial.write_text(partial.read_text("utf-8") + torn, "utf-8")
    worked(out, [job("a", done), job("b", done)])
    assert done == ["a", "b"]
    assert [json.loads(line)["key"] for line in partial.read_text("utf-8").splitlines()] == ["key of a", "key of b"]


def test_the_report_takes_the_place_of_the_single_results(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with Results(out) as results:
        results.keep("a", {"value": 1})
        results.finish({"kind": "test", "text": "가"})
    assert json.loads(out.read_text("utf-8")) == {"kind": "test", "text": "가"}
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"out\.json\.partial cannot be written"):
        Results(tmp_path / "none" / "out.json")
