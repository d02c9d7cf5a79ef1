"""How far a Knative Service is, which KServe makes of an InferenceService in serverless mode. Pure.

A revision is ready once a pod of it has been; that it is scaled to zero later changes nothing of that.
"""

from refit_operator.target.rules.kinds.base import Document, condition_in, is_unseen
from refit_operator.target.rules.rollout import Complete, Failed, Progressing, Rollout


def revision_rollout(service: Document) -> Rollout:
    """Return how far it is: complete once the newest revision is ready and gets every request."""
    status = service.get("status") or {}
    if is_unseen(service):
        return Progressing("Knative hasn't seen the change yet")
    configured = condition_in(status, "ConfigurationsReady")
    if configured.get("status") == "False":
        return Failed(str(configured.get("message") or configured.get("reason") or "the revision failed"))
    newest, ready = status.get("latestCreatedRevisionName"), status.get("latestReadyRevisionName")
    if not newest or newest != ready:
        return Progressing(f"revision {newest or 'to be made'} isn't ready")
    share = sum(each.get("percent") or 0 for each in status.get("traffic") or () if each.get("revisionName") == newest)
    if share < 100 or condition_in(status, "RoutesReady").get("status") != "True":
        return Progressing(f"revision {newest} is ready and gets {share} % of the requests")
    return Complete()
