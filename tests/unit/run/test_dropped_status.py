"""A run whose CRD lacks one field of its status: it is dropped whenever it is written, and no step is taken twice.

What a step does to the cluster is played here in a few lines: the Job, the target's pointer, what is kept of a status.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.run import RetrainRunStatus
from refit_operator.api.served import JOB_REF, MONITORS, RUNS, forbidding
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateJob, Observed, WritePointer
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.target.rules.view import parse_target
from tests.support.runs import NEW, TRAIN, job, judged
from tests.support.samples import NOW, deployment, make_run

FIELDS = [str(info.alias) for info in RetrainRunStatus.model_fields.values()]
OTHERS = [name for name in FIELDS if f"status.{name}" != JOB_REF]
TURNS = 120
LONG_ENOUGH = 20
"""Turns in which a Job ends, and its reports are read, before it is deleted."""


@dataclass
class Played:
    """A run, its Job and its target, turn by turn: a Job works for a while, and is deleted by somebody in the end."""

    drops: str
    job_lasts: int
    jobs: list[int] = field(default_factory=list)
    """The turns in which a Job was made."""
    pointers: list[str] = field(default_factory=list)
    """What was written to the target."""
    live: str = ""
    status: dict[str, Any] = field(default_factory=dict)

    def play(self) -> "Played":
        for turn in range(TURNS):
            if turn == TURNS // 2 and self.live == NEW:
                self.live = ""  # somebody undoes the promotion by hand
            decision = decide(self._seen(turn))
            for action in decision.actions:
                if isinstance(action, CreateJob) and self._job(turn).state is JobState.MISSING:
                    self.jobs.append(turn)
                elif isinstance(action, WritePointer):
                    self.pointers.append(action.pointer)
                    self.live = action.pointer
            self.status = {key: value for key, value in decision.status.to_json().items() if key != self.drops}
        return self

    def _seen(self, turn: int) -> Observed:
        run = make_run(status=self.status or None)
        was_written = NEW in self.pointers and run.status.pointer_change is None
        now = NOW + timedelta(minutes=turn)
        target = parse_target(deployment(self.live))
        return Observed(run=run, job=self._job(turn), target=target, now=now, was_written=was_written)

    def _job(self, turn: int) -> JobView:
        age = turn - self.jobs[-1] if self.jobs else self.job_lasts
        if age >= self.job_lasts:
            return JobView(JobState.MISSING)
        if age < 5:
            return job(JobState.TRAINING)
        return job(JobState.SUCCEEDED, train_report=TRAIN, judge_report=judged())


@pytest.mark.parametrize("job_lasts", [3, LONG_ENOUGH])
@pytest.mark.parametrize("drops", ["", *OTHERS])
def test_no_step_is_taken_twice_whatever_is_dropped(drops: str, job_lasts: int) -> None:
    played = Played(drops, job_lasts).play()
    assert len(played.jobs) == 1
    assert played.pointers.count(NEW) <= 1
    if not drops:
        assert (played.pointers == [NEW]) is (job_lasts == LONG_ENOUGH)


def test_without_the_jobs_name_a_deleted_job_would_be_made_again_so_that_no_run_takes_a_step() -> None:
    assert len(Played(JOB_REF.removeprefix("status."), job_lasts=3).play().jobs) > 1
    assert forbidding({MONITORS: (), RUNS: (JOB_REF,)}) == (JOB_REF,)
