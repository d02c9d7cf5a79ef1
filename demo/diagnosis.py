"""What a person wants to see when it failed: the last words of the operator, events, pods."""

from collections.abc import Iterator

from demo.kubectl import DemoFailed, Kubectl
from demo.stage import NAMESPACE, OPERATOR, OPERATOR_NAMESPACE

LOOKS = (
    ("the operator's log", ("logs", OPERATOR, "--namespace", OPERATOR_NAMESPACE, "--tail=30")),
    ("events", ("get", "events.v1.events.k8s.io", "--namespace", NAMESPACE, "--sort-by=.metadata.creationTimestamp")),
    ("monitor and runs", ("get", "modelmonitors,retrainruns,jobs,pods", "--namespace", NAMESPACE)),
    ("failed requests", ("logs", "pod/traffic", "--namespace", NAMESPACE, "--tail=10")),
)
LINES = 30


def diagnose(kubectl: Kubectl) -> Iterator[str]:
    """Yield lines to print; what can't be had is said."""
    for title, words in LOOKS:
        yield f"--- {title}"
        try:
            yield from kubectl.run(*words, limit_s=20).splitlines()[-LINES:]
        except DemoFailed as error:
            yield str(error)
