"""What keeps a pod from its volumes, by the name of the claim, which is the user's own. Pure.

Kubelet and attach controller name volumes; the scheduler speaks of claims without naming them.
"""

import re
from collections.abc import Iterable

from refit_operator.api.reasons import Reason
from refit_operator.run.rules.views.claims import Claim, apart, claims_of_pod, whereabouts
from refit_operator.run.rules.views.documents import Document, is_over, unscheduled_message

MOUNTING = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
"""The reasons of Events about volumes."""
MISSING = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
UNBOUND = "unbound immediate PersistentVolumeClaims"
ALONE = "ReadWriteOncePod"
"""By this the scheduler refuses a claim; a volume on another node is refused by the attach controller (ELSEWHERE)."""
ELSEWHERE = "Multi-Attach"
AFFINITY = re.compile(r"volume node affinity conflict|PersistentVolume's node affinity")
"""What the scheduler says of a node that isn't one of the volume's; the words changed with Kubernetes 1.34."""
REMEDY = "put them on nodes in common or on one claim, or use ReadWriteMany"


def is_about_volumes(events: list[Document]) -> bool:
    """Return whether claims have to be listed to name the volume's claim."""
    return any(event.get("reason") in MOUNTING for event in events)


def claims_to_place(pods: Iterable[Document]) -> set[str]:
    """Return the claims of which it has to be known on which nodes they are: those of pods kept from a node by it."""
    held = (pod for pod in pods if not is_over(pod) and AFFINITY.search(unscheduled_message(pod)))
    return {claim for pod in held for claim in claims_of_pod(pod)}


def unscheduled_volume(message: str, pod: Document, claims: Iterable[Claim]) -> tuple[Reason, str] | None:
    """Return what the scheduler says of a claim, None where it is about something else."""
    missing = MISSING.search(message)
    if missing:
        return Reason.CLAIM_MISSING, f"the claim {missing[1]} doesn't exist"
    names = ", ".join(claims_of_pod(pod))
    if UNBOUND in message:
        return Reason.CLAIM_UNBOUND, f"a claim has no volume yet, one of {names}: {message}"
    if ALONE in message:
        return Reason.VOLUME_NOT_SHAREABLE, f"one of the claims {names} is in use by another pod: {message}"
    return _placed_volume(message, pod, claims) if AFFINITY.search(message) else None


def _placed_volume(message: str, pod: Document, claims: Iterable[Claim]) -> tuple[Reason, str] | None:
    """Return where the pod's claims are: apart for good, or on nodes of which none takes the pod now."""
    ours = [claim for claim in claims if claim.name in claims_of_pod(pod)]
    if pair := apart(ours):
        return Reason.VOLUME_NODE_CONFLICT, f"no node can mount both claims {pair}; {REMEDY}: {message}"
    if where := whereabouts(ours):
        return Reason.UNSCHEDULABLE, f"no node fits the pod, which needs {where}: {message}"
    return None


def unmounted_volume(note: str, claims: Iterable[Claim]) -> tuple[Reason, str]:
    """Return what an Event says of a volume, by the name of its claim where that is known."""
    name = next((claim.name for claim in claims if _is_in(note, claim)), None)
    what = f"the claim {name}" if name else "a volume"
    if ELSEWHERE in note:
        return Reason.VOLUME_NOT_SHAREABLE, f"{what} is in use on another node: {note}"
    return Reason.VOLUME_NOT_MOUNTED, f"{what} can't be mounted: {note}"


def _is_in(note: str, claim: Claim) -> bool:
    is_volume = claim.volume and re.search(rf"(?<![-.\w]){re.escape(claim.volume)}(?![-.\w])", note)
    return bool(is_volume) or f"[claim-{claim.name}]" in note
