"""Every check of a run's decision in its order, up to the one that answers. Pure.

The operator's own functions judge what the API server says of the run, its Job, its pods and its target. A few rest on
what only the operator has, such as readings: they are named as not known, and passed over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from refit_operator.api.durations import format_duration
from refit_operator.api.policy import Mode
from refit_operator.api.run import RetrainRun, Stage
from refit_operator.api.run_clock import Phase
from refit_operator.run.rules import decide
from refit_operator.run.rules.checks.deadlines import clock_of
from refit_operator.run.rules.decision import Observed, is_trained
from refit_operator.run.rules.shadowing import answering_since, awaits, is_over, spec_of
from refit_operator.run.rules.views.job import JobState

OF_THE_OPERATOR: dict[str, str] = {
    "superseded": "whether the monitor's spec changed since",
    "no_place": "how many runs are under way",
    "create_service": "the Service of several machines",
    "service_conflict": "the Service of several machines",
    "end_stalled_pod": "when the pod last reported",
    "no_progress": "when the pod last reported",
    "shadow_not_started": "how far the shadow's pod is",
    "create_shadow": "what there is of the shadow",
    "await_shadow": "how far the shadow's pod is",
    "shadow_crashed": "whether a container of the shadow ended",
    "shadow_not_measured": "what the mirror counted",
    "shadow_disagrees": "what the mirror counted",
    "shadow_less_accurate": "what the mirror counted",
    "shadow_slower": "what the mirror counted",
    "pass_shadow": "what the mirror counted",
    "await_answers": "what the mirror counted",
    "remove_shadow": "what is left of the shadow",
    "regressed": "the readings since the rollout",
    "confirm_early": "the readings since the rollout",
}
"""Checks that rest on what only the operator has, and on what."""


@dataclass(frozen=True)
class Step:
    """One check: whether it answers, and what."""

    check: str
    answers: bool
    message: str = ""
    known: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        answer = "unknown" if not self.known else "answers" if self.answers else "passes"
        return {"check": self.check, "answer": answer, "message": self.message}


def steps(o: Observed) -> list[Step]:
    """Return the checks up to the one that answers, or up to the last of a shadow: the run goes no further before."""
    found, unknown = list[Step](), _unknown(o)
    last = next(reversed(_of_the_shadow(o)), "")
    for check in decide.CHECKS:
        name = check.__name__
        decision = None if name in unknown else check(o)
        if name in unknown:
            said = f"; it says: {o.run.status.message}" if name == last and o.run.status.message else ""
            found.append(Step(name, False, f"only the operator knows {OF_THE_OPERATOR[name]}{said}", known=False))
        else:
            found.append(Step(name, decision is not None, (decision.status.message or "") if decision else ""))
        if decision or name == last:
            break
    return found


def _unknown(o: Observed) -> set[str]:
    """Return the checks that may answer at this stage, and rest on what only the operator has."""
    if o.run.is_finished:
        return set()
    if o.run.status.rolled_out_time:
        return {"regressed", "confirm_early"}
    if is_trained(o):
        return set() if o.run.status.pointer_change else {"superseded", *_of_the_shadow(o)}
    shared = {"create_service", "service_conflict"} if o.run.spec.training.num_nodes > 1 else set[str]()
    waits = {"no_place"} if o.job.state is JobState.MISSING else {"end_stalled_pod", "no_progress"}
    return {"superseded"} | shared | waits


def _of_the_shadow(o: Observed) -> tuple[str, ...]:
    """Return the checks that may answer while a shadow is awaited or removed; the last waits where none before it does.

    Empty where there is no shadow, and where it is known that it can't be made.
    """
    shadow = o.run.status.shadow
    if shadow is None or shadow.refused or o.run.is_finished or o.run.status.pointer_change:
        return ()
    if not awaits(o):
        return ("remove_shadow",) if o.run.status.stage is Stage.SHADOWING else ()
    if shadow.ready_time is None:
        return ("shadow_not_started", "create_shadow", "await_shadow")
    if not is_over(o):
        return ("shadow_crashed", "create_shadow", "await_answers")
    refused = ("shadow_not_measured", "shadow_disagrees", "shadow_less_accurate", "shadow_slower")
    return ("shadow_crashed", *refused, "pass_shadow", "await_answers")


def deadlines(o: Observed) -> list[tuple[str, timedelta]]:
    """Return what time the run has left, by the field that bounds it."""
    spec, status = o.run.spec, o.run.status
    if o.run.is_finished:
        return []
    if status.rolled_out_time:
        return [("verification.for", _left(status.rolled_out_time, spec.verification.for_, o.now))]
    if status.pointer_change:
        return [("serving.rolloutDeadline", _left(status.pointer_change.time, spec.serving.rollout_deadline, o.now))]
    if is_trained(o):
        return _deadlines_of_the_shadow(o)
    if status.clock is None:
        return []
    clock = clock_of(o)
    if clock.phase is Phase.PENDING:
        return [("training.pendingDeadline", spec.training.pending_deadline - clock.time_in(Phase.PENDING, o.now))]
    return (
        [("training.deadline", spec.training.deadline - clock.running_time(o.now))]
        if clock.phase is Phase.RUNNING
        else []
    )


def _deadlines_of_the_shadow(o: Observed) -> list[tuple[str, timedelta]]:
    """Return what time a shadow has left: until its pod is ready, to answer, and until its counts are read."""
    shadow, since, most = o.run.status.shadow, answering_since(o), o.run.spec.serving.rollout_deadline
    if shadow is None or not awaits(o):
        return []
    if since is None:
        return [("serving.rolloutDeadline", _left(shadow.start_time, most, o.now))]
    if not is_over(o):
        return [("verification.shadow.for", _left(since, spec_of(o).for_, o.now))]
    return [("serving.rolloutDeadline", _left(since, spec_of(o).for_ + most, o.now))]


def _left(since: datetime, allowed: timedelta, now: datetime) -> timedelta:
    return since + allowed - now


NEXT = {
    Stage.QUEUED: "Its Job starts once what it waits for is there.",
    Stage.TRAINING: "The judge follows, on the holdout.",
    Stage.JUDGING: "The gate compares both models by the judge's report.",
    Stage.SHADOWING: "Once its answers to copies of live requests are good enough, its own pod is removed.",
    Stage.ROLLING_OUT: "Once every pod runs the candidate, it is verified.",
    Stage.VERIFYING: "It is confirmed, or rolled back, by the readings since the rollout.",
    Stage.ROLLING_BACK: "It ends once the pods run what served before.",
}


def next_step(o: Observed) -> str:
    """Return what happens next."""
    run, stage = o.run, o.run.status.stage
    if run.is_finished:
        return f"Nothing: it ended {run.status.outcome}."
    judged = run.spec.mode is Mode.APPROVE and stage is Stage.JUDGING and not awaits(o)
    if stage is Stage.AWAITING_APPROVAL or judged:
        return f"It waits for approval: kubectl refit approve {run.metadata.name}"
    left = "; ".join(
        f"{format_duration(max(timedelta(0), round_up(time)))} are left of {field}" for field, time in deadlines(o)
    )
    return f"{NEXT.get(stage or Stage.QUEUED, '')}{' ' if left else ''}{left}{'.' if left else ''}"


def round_up(time: timedelta) -> timedelta:
    """Return the time in whole seconds."""
    return timedelta(seconds=round(time.total_seconds()))


def facts(run: RetrainRun) -> list[tuple[str, str]]:
    """Return what happened, in its order: each with its time."""
    spec, status, shadow = run.spec, run.status, run.status.shadow
    value = (
        "" if spec.trigger.value is None else f", value {spec.trigger.value:.4g} against {spec.trigger.threshold:.4g}"
    )
    moments = (
        (spec.trigger.time, f"triggered: {spec.trigger.reason}{value}"),
        (status.start_time, f"Job {status.job_ref} created"),
        (status.trained_time, f"trained and judged{_judged(run)}"),
        (shadow and shadow.start_time, "shadow recorded"),
        (shadow and shadow.ready_time, "shadow ready: it answers copies of live requests"),
        (status.pointer_change and status.pointer_change.time, "promotion recorded"),
        (status.rolled_out_time, "rolled out"),
        (status.pointer_change and status.pointer_change.rollback_time, "rollback decided"),
        (status.completion_time, f"ended: {status.outcome}"),
        (status.recovered_time, "the metric recovered"),
    )
    happened = [(time, words) for time, words in moments if time]
    return [(_time(time), words) for time, words in sorted(happened, key=itemgetter(0))]


def _judged(run: RetrainRun) -> str:
    gate = run.status.result.gate
    if gate is None:
        return ""
    served = f" against served {gate.served}" if gate.served else ""
    rows = f" on {run.status.result.holdout_rows:,} rows" if run.status.result.holdout_rows else ""
    return f": {gate.metric} {gate.candidate}{served}{rows}"


def _time(time: datetime) -> str:
    return f"{time:%m-%d %H:%M:%S}"
