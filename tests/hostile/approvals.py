"""Approvals in a name that isn't the approver's, and of a run that has ended."""

from tests.hostile.forgeries import DECIDED, FORGED, MASTERS, RUNS
from tests.hostile.vectors import Document, Entry, Family, Request, Vector, changes
from tests.support.cluster.kubectl import OPERATOR

ENDED = f"{RUNS}/ended"
ADA, OTHER = "oidc:ada", "oidc:grace"
NAMELESS, TOGETHER = f"set spec.approvalBy to {ADA} with it", "is set together with approval"
APPROVED: Document = {"approval": "Approved"}
OWN = APPROVED | {"approvalBy": ADA}
SAID: dict[str, tuple[str, Document, str]] = {
    "an approval without a name": (FORGED, APPROVED, NAMELESS),
    "an approval in another's name": (FORGED, APPROVED | {"approvalBy": OTHER}, NAMELESS),
    "a rejection in another's name": (FORGED, {"approval": "Rejected", "approvalBy": OTHER}, NAMELESS),
    "an approval in the operator's name": (FORGED, APPROVED | {"approvalBy": OPERATOR}, NAMELESS),
    "an approval with an empty name": (FORGED, APPROVED | {"approvalBy": ""}, NAMELESS),
    "an approval in the beginning of a name": (FORGED, APPROVED | {"approvalBy": "oidc:ad"}, NAMELESS),
    "an approval in the name in capitals": (FORGED, APPROVED | {"approvalBy": ADA.upper()}, NAMELESS),
    "an approval in two names": (FORGED, APPROVED | {"approvalBy": f"{ADA},{OTHER}"}, NAMELESS),
    "an approval of a group": (FORGED, APPROVED | {"approvalBy": MASTERS}, NAMELESS),
    "a name for somebody else's approval to come": (FORGED, {"approvalBy": ADA}, TOGETHER),
    "a reason for somebody else's approval to come": (FORGED, {"approvalReason": "x"}, TOGETHER),
    "another name for an approval that is there": (DECIDED, {"approvalBy": ADA}, TOGETHER),
    "no name for an approval that is there": (DECIDED, {"approvalBy": None}, TOGETHER),
    "a reason for an approval that is there": (DECIDED, {"approvalReason": "x"}, TOGETHER),
    "an approval of a run that has ended": (ENDED, OWN, "the run has ended"),
    "a rejection of a run that has ended": (ENDED, OWN | {"approval": "Rejected"}, "the run has ended"),
}


def asks(path: str, spec: Document, user: str = ADA) -> Request:
    return changes(path, {"spec": spec}, user, group=MASTERS)


FAMILIES = (
    Family(
        "an approval in a name that isn't the approver's, or too late",
        "every right of the cluster, the operator's account included",
        Entry.API_SERVER,
        (
            *(Vector(name, asks(path, spec), words) for name, (path, spec, words) in SAID.items()),
            Vector(
                "an approval of the operator's account in a user's name",
                asks(FORGED, OWN, OPERATOR),
                f"set spec.approvalBy to {OPERATOR} with it",
            ),
        ),
        (
            Vector("an approval in one's own name", asks(FORGED, OWN), ""),
            Vector(
                "a rejection with a reason", asks(FORGED, OWN | {"approval": "Rejected", "approvalReason": "x"}), ""
            ),
        ),
    ),
)
