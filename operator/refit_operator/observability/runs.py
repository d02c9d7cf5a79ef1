"""What is shown of a monitor's runs, computed from the runs that are kept: so a restart changes nothing of it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.policy import Mode
from refit_operator.api.run import Outcome, RetrainRun, Stage


@dataclass(frozen=True, slots=True)
class RunsShown:
    """The numbers of a monitor's runs; None, or nothing, is no series."""

    kept: tuple[tuple[str, int], ...] = ()
    """By outcome, how many are kept."""
    ended: tuple[tuple[str, float], ...] = ()
    """By outcome, when the newest ended."""
    in_a_row: tuple[str, int] | None = None
    """How the newest ended, and how many in a row did."""
    active: tuple[str, str] | None = None
    """Stage and reason of the run under way."""
    promoted: float | None = None
    rolled_back: float | None = None
    confirmed: bool | None = None


NO_RUNS = RunsShown()


def runs_shown(runs: Sequence[RetrainRun]) -> RunsShown:
    """Return what is shown of the runs, which are in their order."""
    finished = [(run, run.status.outcome) for run in runs if run.is_finished and run.status.outcome]
    if not runs:
        return NO_RUNS
    return RunsShown(
        kept=tuple(Counter(outcome.value for _, outcome in finished).items()),
        ended=tuple({o.value: end.timestamp() for run, o in finished if (end := run.status.completion_time)}.items()),
        in_a_row=_in_a_row([outcome for _, outcome in finished if outcome.is_evidence]),
        active=next((_active(run) for run in reversed(runs) if not run.is_finished), None),
        promoted=_newest(run.status.rolled_out_time for run in runs if not run.is_rollback),
        rolled_back=_newest(c.rollback_time for run in runs if (c := run.status.pointer_change)),
        confirmed=_confirmed([run for run, outcome in finished if outcome in (Outcome.PROMOTED, Outcome.RESTORED)]),
    )


def stages_of(run: RetrainRun) -> Iterator[tuple[Stage, datetime, datetime]]:
    """Yield when a finished run was in each stage, by the times that it records."""
    status, change = run.status, run.status.pointer_change
    began = (
        (Stage.QUEUED, run.metadata.creation_timestamp),
        (Stage.TRAINING, status.start_time),
        (None, status.trained_time),
        (Stage.SHADOWING, status.shadow.start_time if status.shadow else None),
        (Stage.AWAITING_APPROVAL if run.spec.mode is Mode.APPROVE else None, _approvable_since(run)),
        (Stage.ROLLING_OUT, change.time if change else None),
        (Stage.VERIFYING, status.rolled_out_time),
        (Stage.ROLLING_BACK, change.rollback_time if change else None),
    )
    known = [(stage, time) for stage, time in began if time]
    ends = [*(time for _, time in known[1:]), status.completion_time]
    for (stage, time), end in zip(known, ends, strict=True):
        if stage and end:
            yield stage, time, max(time, end)


def _approvable_since(run: RetrainRun) -> datetime | None:
    """Return when gate and shadow had let the candidate pass; None where one of them didn't."""
    status, asked = run.status, run.spec.verification.shadow is not None
    passed = find(status.conditions, ConditionType.SHADOWED if asked else ConditionType.ACCEPTED)
    if passed and passed.status == "True":
        return passed.last_transition_time if asked else status.trained_time
    return status.trained_time if status.pointer_change and not asked else None


def _in_a_row(outcomes: Sequence[Outcome]) -> tuple[str, int] | None:
    if not outcomes:
        return None
    newest = outcomes[-1]
    return newest.value, sum(1 for _ in takewhile(lambda outcome: outcome is newest, reversed(outcomes)))


def _active(run: RetrainRun) -> tuple[str, str]:
    stage, trained = run.status.stage or Stage.QUEUED, find(run.status.conditions, ConditionType.TRAINED)
    return stage.value, trained.reason if trained and stage in (Stage.QUEUED, Stage.TRAINING) else ""


def _confirmed(ended: Sequence[RetrainRun]) -> bool | None:
    """Return whether the newest promotion was; None where a requested rollback, which confirms none, came after it."""
    found = find(ended[-1].status.conditions, ConditionType.CONFIRMED) if ended else None
    return None if found is None else found.status == "True"


def _newest(times: Iterator[datetime | None]) -> float | None:
    return max((time.timestamp() for time in times if time), default=None)
