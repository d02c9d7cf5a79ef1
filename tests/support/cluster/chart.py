"""The chart on the cluster: as a user installs it, with the images that were built here."""

from pathlib import Path
from typing import Any

from tests.support.cluster.kubectl import ROOT, Document, cluster_environment, kubectl, merge
from tests.support.helm import CHART, NAMESPACE, helm

RELEASE = "refit"
LOCAL: Document = {
    "image": {"repository": "localhost/refit-operator", "tag": "dev"},
    "settings": {
        "prometheusAllowed": "http://prometheus.monitoring:*",
        "judgeImage": "localhost/refit-trainer:dev",
    },
}
"""The values that make of the chart what manifests/overlays/local is."""
IN_TIME = ("--wait", "--timeout", "180s")


def on_the_cluster(*words: str, values: Document | None = None) -> str:
    """Run Helm in the operator's namespace. Raises HelmFailed."""
    return helm(*words, "--namespace", NAMESPACE, values=values, env=cluster_environment(), limit_s=240)


def install(*flags: str, name: str = RELEASE, chart: Path = CHART, **values: Any) -> None:
    """Install the chart and wait until the operator leads. Raises HelmFailed."""
    on_the_cluster("install", name, str(chart), "--create-namespace", *IN_TIME, *flags, values=merge(LOCAL, values))


def upgrade(*flags: str, **values: Any) -> None:
    """Upgrade the release to this checkout's chart, and wait until the new pod leads. Raises HelmFailed."""
    on_the_cluster("upgrade", RELEASE, str(CHART), *IN_TIME, *flags, values=merge(LOCAL, values))


def uninstall() -> None:
    """Uninstall the release."""
    on_the_cluster("uninstall", RELEASE, *IN_TIME)


def remove_the_operator() -> None:
    """Remove all that any installation of the operator has, its kinds and the monitors of all namespaces too."""
    overlay = str(ROOT / "manifests/overlays/local")
    kubectl("delete", "-k", overlay, "--ignore-not-found", "--timeout=180s", limit_s=300)
    kubectl("delete", "clusterrole,clusterrolebinding", "refit-operator-reviews", "--ignore-not-found")
