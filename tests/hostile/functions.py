"""What a stranger's pod and container sent, given to the functions of the operator that read it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from refit_operator.progress.rules.payload import parse_report
from refit_operator.progress.rules.pod_identity import find_caller, find_job, read_review
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.views.failure import failure_of
from refit_operator.run.rules.views.reports import JudgeReport, TrainReport, flaw_of, parse_error
from refit_operator.run.rules.views.reports import parse_report as parse_message
from tests.hostile.reports import BODIES, MESSAGES, OTHER_JOBS, OTHER_PODS, SECRET, SPOKEN, STRANGERS, TOKENS
from tests.hostile.vectors import Document, Entry, Family, Vector
from tests.support.pods import IDENTITY, JOB, POD, REVIEW
from tests.support.runs import GOOD_JUDGE
from tests.support.samples import NOW, make_monitor, make_run, merge

LABELS = {"refit.dev/run": make_run().metadata.name, "refit.dev/monitor": "reviews"}
VARIABLES = {
    "HOME": "/tmp",
    "PYTHONNOUSERSITE": "1",
    "PYTHONSAFEPATH": "1",
    "PYTHONPATH": None,
    "PYTHONSTARTUP": None,
    "PYTHONHOME": None,
    "LD_PRELOAD": None,
    "LD_LIBRARY_PATH": None,
}
"""Variables of the judge, and the values that stay."""
PLAIN_JOB: Document = {"spec": {}}


def pod_with(template: Document) -> Document:
    """Return the pod that the operator makes of a pod template."""
    run = make_run(monitor=make_monitor(training={"podTemplate": template}))
    made: Document = build_job(run)["spec"]["template"]
    return made


def kept(found: object, want: object) -> str:
    return f"it stays {found!r}" if found == want else ""


def keep_label(name: str, want: str) -> str:
    return kept(pod_with({"labels": {name: "other"}})["metadata"]["labels"][name], want)


def keep_variable(name: str, want: str | None) -> str:
    """Ask for the judge's variable as the kubelet takes it: the last of that name."""
    judge = pod_with({"env": [{"name": name, "value": "/evil"}]})["spec"]["containers"][0]
    return kept(next((one["value"] for one in reversed(judge["env"]) if one["name"] == name), None), want)


def read_identity(change: Document) -> str:
    return "" if read_review(merge(REVIEW, change)) else "no pod's"


def find_run(pod: Document | None, job: Document | None) -> str:
    found = find_job(IDENTITY, pod)
    return "" if found and pod and find_caller(IDENTITY, pod, job) else "not a run's pod"


def changed(document: Document, change: Document | None) -> Document | None:
    return None if change is None else merge(document, {"metadata": change})


def read_body(body: bytes) -> str:
    return "" if parse_report(body, "pod", NOW) else "malformed"


def read_message(kind: Any, message: str) -> str:
    return "" if parse_message(kind, message) else flaw_of(kind, message)


def show(message: str) -> str:
    """Return what becomes of a container's last words in a status and an Event."""
    state = {"terminated": {"exitCode": 1, "message": message, "reason": "Error"}}
    pod = {"metadata": {}, "status": {"phase": "Failed", "initContainerStatuses": [{"name": "train", "state": state}]}}
    return f"{failure_of(PLAIN_JOB, [pod])} {parse_error(message)} {flaw_of(TrainReport, message)}"


def hide(message: str) -> str:
    words = show(message)
    return "" if SECRET in words or SECRET.replace("-", "") in words else words


def lose(words: str) -> str:
    """Say so where words without a credential don't come through."""
    return "" if words in show(words) else "lost"


Said = Callable[[], str]
REPORTED: dict[str, Said] = {
    **{f"review: {name}": partial(read_identity, change) for name, change in STRANGERS.items()},
    **{f"pod: {name}": partial(find_run, changed(POD, change), JOB) for name, change in OTHER_PODS.items()},
    **{f"Job: {name}": partial(find_run, POD, changed(JOB, change)) for name, change in OTHER_JOBS.items()},
    **{f"report: {name}": partial(read_body, body) for name, body in BODIES.items()},
}
OVERLAID: dict[str, Said] = {
    **{f"label {name}": partial(keep_label, name, want) for name, want in LABELS.items()},
    **{f"the judge's {name}": partial(keep_variable, name, want) for name, want in VARIABLES.items()},
}
FAMILIES = (
    Family(
        "a report of progress with a token that is no pod's of a run",
        "the network of the cluster",
        Entry.ENDPOINT,
        tuple(Vector(name, header, "^(400|401|429)$") for name, header in TOKENS.items()),
    ),
    Family(
        "a report of another pod than a run's",
        "a pod of one's own",
        Entry.FUNCTION,
        tuple(Vector(name, said, ".") for name, said in REPORTED.items()),
        (Vector("a run's own pod", partial(find_run, POD, JOB), ""),),
    ),
    Family(
        "a termination message that is no report",
        "the training container",
        Entry.FUNCTION,
        tuple(Vector(name, partial(read_message, *sent), ".") for name, sent in MESSAGES.items()),
        (Vector("a report", partial(read_message, JudgeReport, GOOD_JUDGE), ""),),
    ),
    Family(
        "a credential in a container's last words",
        "the training container",
        Entry.FUNCTION,
        tuple(Vector(name, partial(hide, text), r"\*\*\*") for name, text in SPOKEN.items()),
        (Vector("no credential", partial(lose, "rows are broken"), ""),),
    ),
    Family(
        "a pod template over what the operator sets",
        "monitors of a namespace, with every right there",
        Entry.FUNCTION,
        tuple(Vector(name, said, "it stays") for name, said in OVERLAID.items()),
    ),
)
