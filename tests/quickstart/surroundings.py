"""The cluster that the page asks for, one without Refit; afterwards as it was found."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cluster.chart import remove_the_operator
from tests.support.cluster.installed import DEPLOYMENT, OPERATOR, install
from tests.support.cluster.kubectl import Refused, kubectl, operator_log

NAMESPACE = "quickstart"
OUTSIDE_NAMESPACES = (
    "namespaces,customresourcedefinitions,clusterroles,clusterrolebindings,"
    "validatingadmissionpolicies,validatingadmissionpolicybindings"
)
DIAGNOSES = (
    ("get", "events", "-n", NAMESPACE, "--sort-by=.lastTimestamp"),
    ("get", "mmon,rr,jobs,pods,pvc", "-n", NAMESPACE, "-o", "wide"),
    ("describe", "mmon,rr", "-n", NAMESPACE),
    ("get", "pods", "-n", OPERATOR.name, "-o", "wide"),
)


@contextmanager
def without_refit() -> Iterator[None]:
    """Have the cluster without Refit and without what an earlier page left; put back the operator that was there."""
    was_installed = _is_installed()
    _remove()
    try:
        yield
    finally:
        _remove()
        if was_installed:
            install()


def outside_namespaces() -> set[str]:
    """Return the names of what an installation makes outside of namespaces."""
    return set(kubectl("get", OUTSIDE_NAMESPACES, "-o", "name").split())


def diagnose() -> None:
    """Print what helps to see why the page failed."""
    for words in DIAGNOSES:
        print(f"--- kubectl {' '.join(words)}")
        try:
            print(kubectl(*words)[-6000:])
        except Refused as error:
            print(error)
    print(f"--- the operator's log\n{operator_log()}", flush=True)


def _is_installed() -> bool:
    return bool(kubectl("get", "deployment", DEPLOYMENT, "-n", OPERATOR.name, "--ignore-not-found", "-o", "name"))


def _remove() -> None:
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s", limit_s=150)
    remove_the_operator()
