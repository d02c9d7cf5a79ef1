"""Why a try failed: what kubelet and controllers wrote on a real node, and what people read."""

import pytest

from refit_operator.run.rules.views.failure import failure_of
from refit_operator.run.rules.views.reports import parse_error
from tests.support.jobs import LATER, RUNNING, WAITING, Document, ended, job, pod

LIMITS = {"initContainers": [{"name": "train", "resources": {"limits": {"memory": "64Mi"}}}], "containers": []}
OOM = ended(137, reason="OOMKilled")
TRACEBACK = 'Traceback (most recent call last):\n  File "train.py", line 3\nPermissionError: [Errno 13] /refit/x\n'
EVICTED = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "by the API"}


def with_status(made: Document, **status: object) -> Document:
    return made | {"status": made["status"] | status}


def with_sidecar(made: Document, **others: Document) -> Document:
    """Return the pod with a native sidecar that ended with 143, as a mesh adds it, and more init containers."""
    before = [{"name": "mesh-proxy", "state": ended(143)}, *({"name": n, "state": s} for n, s in others.items())]
    made["status"]["initContainerStatuses"][:0] = before
    return made | {"spec": {"initContainers": [{"name": "mesh-proxy", "restartPolicy": "Always"}], "containers": []}}


CASES: dict[str, tuple[Document, list[Document], str]] = {
    "nothing failed": (job(), [pod(RUNNING)], ""),
    "the trainer's own sentence": (
        job("Failed"),
        [pod(ended(64, '{"error": "rows.jsonl:17: broken JSON"}'), phase="Failed")],
        "train exited 64: rows.jsonl:17: broken JSON",
    ),
    "a node that restarted": (
        job(),
        [pod(ended(255, reason="Unknown"), phase="Failed")],
        "how train ended isn't known, as after a restart of its node: exit 255",
    ),
    "the end of a log": (
        job(),
        [pod(ended(1, TRACEBACK), phase="Failed")],
        "train exited 1: PermissionError: [Errno 13] /refit/x",
    ),
    "silence": (job(), [pod(ended(1), phase="Failed")], "train exited 1: Error"),
    "the judge": (job(), [pod(ended(), ended(2, "no memory"), "Failed")], "judge exited 2: no memory"),
    "out of memory": (
        job(),
        [pod(OOM, phase="Failed") | {"spec": LIMITS}],
        "train ran out of memory at its limit of 64Mi: OOMKilled",
    ),
    "out of the node's memory": (
        job(),
        [pod(OOM, phase="Failed")],
        "train ran out of memory at its limit of the node's memory: OOMKilled",
    ),
    "out of memory, with a message": (
        job(),
        [pod(ended(137, "epoch 3", "OOMKilled"), phase="Failed") | {"spec": LIMITS}],
        "train ran out of memory at its limit of 64Mi: OOMKilled: epoch 3",
    ),
    "training before its sidecar, which comes first in the pod": (
        job(),
        [with_sidecar(pod(ended(64, '{"error": "feedback.jsonl:17: not JSON"}'), phase="Failed"))],
        "train exited 64: feedback.jsonl:17: not JSON",
    ),
    "the judge before a sidecar": (
        job(),
        [with_sidecar(pod(ended(), ended(2, "no memory"), "Failed"))],
        "judge exited 2: no memory",
    ),
    "what somebody added before a native sidecar": (
        job(),
        [with_sidecar(pod(WAITING, phase="Failed"), vault=ended(1, "no route to vault"))],
        "vault exited 1: no route to vault",
    ),
    "a sidecar alone": (job(), [with_sidecar(pod(WAITING, phase="Failed"))], "mesh-proxy exited 143: Error"),
    "a credential": (
        job(),
        [pod(ended(1, "connecting to https://user:hunter2@hub"), phase="Failed")],
        "train exited 1: connecting to https://***@hub",
    ),
    "an eviction": (
        job(),
        [with_status(pod(ended(143, "stopped"), phase="Failed"), conditions=[EVICTED])],
        "pod evicted through the API (not counted against backoffLimit): by the API",
    ),
    "a pod that failed without a container's help": (
        job(),
        [{"metadata": {}, "status": {"phase": "Failed", "reason": "NodeAffinity", "message": "no match"}}],
        "the pod failed: no match",
    ),
    "the newest of two": (
        job(),
        [pod(ended(1, "old"), phase="Failed"), pod(ended(1, "new"), phase="Failed", created=LATER)],
        "train exited 1: new",
    ),
    "the one before where the newest runs": (
        job(),
        [pod(ended(1, "old"), phase="Failed"), pod(RUNNING, created=LATER)],
        "train exited 1: old",
    ),
    "the Job where no pod is left": (job("Failed"), [], "Failed"),
}


@pytest.mark.parametrize("name", CASES)
def test_failure(name: str) -> None:
    document, pods, want = CASES[name]
    assert failure_of(document, pods) == want


@pytest.mark.parametrize(
    ("message", "want"),
    [
        ('{"error": "two\\nlines"}', "two\nlines"),
        ('{"other": 1}', '{"other": 1}'),
        ("[1, 2]", "[1, 2]"),
        ("plain", "plain"),
        ("first\nlast\n\n", "last"),
        ("", ""),
    ],
)
def test_the_sentence_of_a_message(message: str, want: str) -> None:
    assert parse_error(message) == want
