"""The checks on the Service of a run on several machines. Pure. It goes with its run."""

from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.run.rules.decision import AT_ONCE, CreateService, Decision, Observed, finish, is_trained, stopping
from refit_operator.run.rules.manifests.machines import build_service, is_shared, service_name
from refit_operator.run.rules.views.job import JobState

NONE_NEEDED = (JobState.SUCCEEDED, JobState.FAILED)


def service_conflict(o: Observed) -> Decision | None:
    """Refuse to use a Service that this run doesn't control."""
    if is_trained(o) or not is_shared(o.run) or o.service_owner in (None, o.run.metadata.uid):
        return None
    message = f"Service {service_name(o.run)} exists and isn't controlled by this run"
    return stopping(o, finish(o, Outcome.FAILED, Reason.SERVICE_CONFLICT, message))


def create_service(o: Observed) -> Decision | None:
    """Create the Service before the Job, and again if it is deleted: the next attempt's pods find each other by it."""
    if is_trained(o) or not is_shared(o.run) or o.service_owner is not None or o.job.state in NONE_NEEDED:
        return None
    if o.job.state is JobState.MISSING and o.run.status.job_ref == o.run.job_name:
        return None  # the Job was deleted, which ends the run
    return Decision(o.run.status, actions=(CreateService(build_service(o.run)),), requeue_after=AT_ONCE)
