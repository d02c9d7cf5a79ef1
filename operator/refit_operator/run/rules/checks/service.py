"""The checks on the Service of a run on several machines. Pure. It goes with its run."""

from refit_operator.api.conditions import Reason
from refit_operator.api.run import Outcome
from refit_operator.run.rules.decision import AT_ONCE, CreateService, Decision, Observed, finish, is_trained, stopping
from refit_operator.run.rules.manifests.machines import build_service, is_shared, service_name
from refit_operator.run.rules.views.job import JobState

NONE_NEEDED = (JobState.SUCCEEDED, JobState.FAILED)


def service_is_a_strangers(o: Observed) -> Decision | None:
    """Refuse to have pods named by a Service that this run doesn't own."""
    if is_trained(o) or not is_shared(o.run) or o.service_owner in (None, o.run.metadata.uid):
        return None
    message = f"a Service named {service_name(o.run)} is there and isn't this run's"
    return stopping(o, finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, message))


def service_is_missing(o: Observed) -> Decision | None:
    """Make the Service before the Job, and again should somebody delete it: the next try's pods look for each other."""
    if is_trained(o) or not is_shared(o.run) or o.service_owner is not None or o.job.state in NONE_NEEDED:
        return None
    if o.job.state is JobState.MISSING and (o.run.status.job_ref == o.run.job_name or o.ended_before):
        return None  # no Job will be made any more
    return Decision(o.run.status, actions=(CreateService(build_service(o.run)),), requeue_after=AT_ONCE)
