"""What keeps a pod from its volumes, by the name of the claim, which is the user's own. Pure.

Kubelet and attach controller name volumes; the scheduler speaks of claims without naming them.
"""

import re
from typing import Any

from refit_operator.api.conditions import Reason

Document = dict[str, Any]
MOUNTING = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
"""The reasons of Events about volumes."""
MISSING = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
UNBOUND = "unbound immediate PersistentVolumeClaims"
ALONE = "ReadWriteOncePod"
"""By this the scheduler refuses a claim; a volume on another node is refused by the attach controller (ELSEWHERE)."""
ELSEWHERE = "Multi-Attach"


def is_about_volumes(events: list[Document]) -> bool:
    """Return whether claims have to be listed to name the volume's claim."""
    return any(event.get("reason") in MOUNTING for event in events)


def unscheduled_volume(message: str, pod: Document) -> tuple[Reason, str] | None:
    """Return what the scheduler says of a claim, None where it is about something else."""
    missing = MISSING.search(message)
    if missing:
        return Reason.CLAIM_MISSING, f"the claim {missing[1]} doesn't exist"
    if UNBOUND in message:
        return Reason.CLAIM_UNBOUND, f"a claim has no volume yet, one of {_claims_of(pod)}: {message}"
    if ALONE in message:
        return Reason.VOLUME_NOT_SHAREABLE, f"one of the claims {_claims_of(pod)} is in use by another pod: {message}"
    return None


def _claims_of(pod: Document) -> str:
    volumes = pod["spec"].get("volumes") or ()
    return ", ".join(v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v)


def unmounted_volume(note: str, claims: list[Document]) -> tuple[Reason, str]:
    """Return what an Event says of a volume, by the name of its claim where that is known."""
    name = next((claim["metadata"]["name"] for claim in claims if _is_in(note, claim)), None)
    what = f"the claim {name}" if name else "a volume"
    if ELSEWHERE in note:
        return Reason.VOLUME_NOT_SHAREABLE, f"{what} is in use on another node: {note}"
    return Reason.VOLUME_NOT_MOUNTED, f"{what} can't be mounted: {note}"


def _is_in(note: str, claim: Document) -> bool:
    volume = claim["spec"].get("volumeName")
    named = f"claim-{claim['metadata']['name']}"
    return bool(volume and re.search(rf"(?<![-.\w]){re.escape(volume)}(?![-.\w])", note)) or f"[{named}]" in note
