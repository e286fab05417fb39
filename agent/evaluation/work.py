"""Many things measured one after the other: what is known is not done again, what cannot be done is said, the others go on.

Comes in: jobs. Goes out: `Done`: a plain result per job that came out, in the order of the jobs, and what was left out and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.errors import AnsimError
from agent.evaluation.progress import Progress
from agent.evaluation.resume import Plain, Results
from agent.values import Text


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to measure. key: what its result depends on (may raise, for a file is read); run: gives the result."""

    name: str
    key: Callable[[], str]
    run: Callable[[], Plain]


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was left out, and why."""

    name: str
    why: Text

    def plain(self) -> Plain:
        return {"item": self.name, "ko": self.why.ko, "en": self.why.en}


@dataclass(frozen=True, slots=True)
class Done:
    """Results by name, and what was left out."""

    results: dict[str, Plain]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where work is done: results kept, progress shown. progress: makes the bar for so many jobs."""

    results: Results
    progress: Callable[[int], Progress]

    def work(self, jobs: Sequence[Job]) -> Done:
        """Do all jobs. A job that raises an AnsimError is left out; anything else is a bug and goes up."""
        bar = self.progress(len(jobs))
        found: dict[str, Plain] = {}
        left: list[Left] = []
        for job in jobs:
            try:
                key = job.key()
                known = self.results.known(key)
                if known is not None:
                    bar.known(1)
                    found[job.name] = known
                    continue
                found[job.name] = self.results.keep(key, job.run())
            except AnsimError as error:
                left.append(Left(job.name, error.text))
            bar.step(job.name)
        return Done(found, tuple(left))
