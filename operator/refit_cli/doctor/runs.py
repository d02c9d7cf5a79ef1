"""What becomes of the runs of a monitor that works: held by its own spec, waiting for a user, or for a node."""

from collections.abc import Iterator

from refit_cli.cluster import Api
from refit_cli.doctor.checks import Examined, fail, ok, warn
from refit_cli.why import observe
from refit_operator.api.run import Outcome, RetrainRun, Stage
from refit_operator.monitor.rules.decide import mode_observe, suspended
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.limits import gave_up

NAME = "runs"


def examine_runs(api: Api, o: Observed) -> Iterator[Examined]:
    """Yield what holds all runs, and how the one under way or the newest is doing."""
    name = o.monitor.metadata.name
    if suspended(o):
        yield warn(NAME, f"spec.suspend is true: no run starts; kubectl refit resume {name}")
    if mode_observe(o):
        yield warn(NAME, "spec.mode is Observe: breaches are seen, and no run starts")
    hold = gave_up(o)
    if hold:
        yield warn(NAME, f"{hold.reason}: {hold.message}; kubectl refit retrain {name}")
    if o.active_run:
        yield _under_way(api, o.active_run)
    elif o.runs:
        yield _ended(o.runs[-1])


def _under_way(api: Api, run: RetrainRun) -> Examined:
    name, stage = run.metadata.name, run.status.stage
    if stage is Stage.AWAITING_APPROVAL and run.spec.approval is None:
        return warn(NAME, f"{name} waits for a user: kubectl refit approve {name}, or kubectl refit reject {name}")
    job = observe(api, run).job
    if job.waiting:
        return fail(NAME, f"{name} waits, {job.waiting.reason}: {job.waiting.message}")
    if job.error:
        return warn(NAME, f"a container of {name} failed: {job.error}")
    return ok(NAME, f"{name} is under way: {stage or 'New'}")


def _ended(run: RetrainRun) -> Examined:
    name, status = run.metadata.name, run.status
    if status.outcome is Outcome.FAILED:
        return warn(NAME, f"the newest, {name}, failed: {status.message}; kubectl refit why {name}")
    return ok(NAME, f"none is under way; the newest, {name}, ended {status.outcome}")
