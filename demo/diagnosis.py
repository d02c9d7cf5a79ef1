"""What to print when the demo failed: the end of the operator's log, Events, objects, failed requests."""

from collections.abc import Iterator

from demo.kubectl import DemoFailed, Kubectl
from demo.workloads import NAMESPACE, OPERATOR, OPERATOR_NAMESPACE

COMMANDS = (
    ("the operator's log", ("logs", OPERATOR, "--namespace", OPERATOR_NAMESPACE, "--tail=30")),
    ("events", ("get", "events.v1.events.k8s.io", "--namespace", NAMESPACE, "--sort-by=.metadata.creationTimestamp")),
    ("monitor and runs", ("get", "modelmonitors,retrainruns,jobs,pods", "--namespace", NAMESPACE)),
    ("failed requests", ("logs", "pod/traffic", "--namespace", NAMESPACE, "--tail=10")),
)
LINES = 30


def diagnose(kubectl: Kubectl) -> Iterator[str]:
    """Yield lines to print; a command that fails gives its error."""
    for title, words in COMMANDS:
        yield f"--- {title}"
        try:
            yield from kubectl.run(*words, limit_s=20).splitlines()[-LINES:]
        except DemoFailed as error:
            yield str(error)
