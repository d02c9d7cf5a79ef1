"""The chart by a real Helm on the cluster, of `make test-install`: installed, upgraded, uninstalled, installed again.

Each test begins on a cluster without the operator, and leaves one.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster.chart import install, on_the_cluster, remove_the_operator, uninstall, upgrade
from tests.support.cluster.installed import OPERATOR, operator_pods
from tests.support.cluster.installed import install as install_by_kubectl
from tests.support.cluster.kubectl import OPERATOR as ACCOUNT
from tests.support.cluster.kubectl import Refused, Space, kubectl, restricted_namespace
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.cluster.runs import active_run, finished, pointer, run_number, set_cooldown, start
from tests.support.cluster.trainings import script, training_pods
from tests.support.helm import CHART, HelmFailed
from tests.support.local import until

pytestmark = pytest.mark.install

CRDS = {"modelmonitors.refit.dev", "retrainruns.refit.dev"}
WAITS_FOR_A_WORD = """
import os, pathlib, time
word = pathlib.Path(os.environ["REFIT_OUTPUT"]).parent / "word"
word.parent.mkdir(parents=True, exist_ok=True)
while not word.exists():
    time.sleep(0.2)
os.execvp("refit-train", ["refit-train"])
"""
SAY_THE_WORD = 'touch "$(dirname "$REFIT_OUTPUT")/word"'
RIGHTS = (("create", "jobs.batch"), ("patch", "deployments.apps"), ("list", "modelmonitors.refit.dev"))
REFUSED_BY_THE_GATE = {"hyperparameters": {"accuracy": "0.7", "served_accuracy": "0.8"}}


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    """Have the cluster without the operator, before and after."""
    remove_the_operator()
    yield
    remove_the_operator()


@pytest.fixture
def older_chart(tmp_path: Path) -> Path:
    """The chart of a version before, whose monitors show their target under another name."""
    folder = shutil.copytree(CHART, tmp_path / "refit")
    for name, old, new in (
        ("templates/crd-modelmonitors.yaml", "- name: Target\n", "- name: Serves\n"),
        ("Chart.yaml", "\nversion: ", "\nversion: 0.0.1-before."),
    ):
        text = (folder / name).read_text()
        assert text.count(old) == 1
        (folder / name).write_text(text.replace(old, new))
    return folder


def columns() -> list[str]:
    """Return the names of the columns of `kubectl get modelmonitors`."""
    crd = json.loads(kubectl("get", "crd", "modelmonitors.refit.dev", "-o", "json"))
    return [column["name"] for column in crd["spec"]["versions"][0]["additionalPrinterColumns"]]


def uids(kind: str, *words: str) -> dict[str, str]:
    """Return the UIDs of objects by their names."""
    items = json.loads(kubectl("get", kind, *words, "-o", "json"))["items"]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def crds() -> dict[str, str]:
    """Return the UIDs of the operator's kinds that are there."""
    return {name: uid for name, uid in uids("crd").items() if name.endswith(".refit.dev")}


def in_use() -> set[str]:
    """Return the names of the operator's pods that aren't being deleted."""
    return {pod["metadata"]["name"] for pod in operator_pods()}


def test_a_run_goes_on_through_an_upgrade_by_its_one_job_and_the_crds_are_upgraded(
    namespace: Space, older_chart: Path
) -> None:
    install(chart=older_chart)
    assert "Serves" in columns()
    start(namespace, training=script(WAITS_FOR_A_WORD))
    run = active_run(namespace, "Training")
    [pod], before, job = training_pods(namespace), in_use(), namespace.get("job", run)

    upgrade(settings={"concurrency": 8})
    until(lambda: not in_use() & before, 60, "the old operator's pod stays")
    assert ("Target" in columns(), "Serves" in columns()) == (True, False)
    assert namespace.get("rr", run)["status"]["stage"] == "Training"
    namespace.run("exec", pod["metadata"]["name"], "-c", "train", "--", "sh", "-c", SAY_THE_WORD)

    ended = run_number(namespace, 1)
    assert ended["metadata"]["name"] == run
    assert ended["status"]["outcome"] == "Promoted", ended["status"]
    assert pointer(namespace) == ended["status"]["pointerChange"]["new"]
    [only] = namespace.list("job")
    assert only["metadata"]["uid"] == job["metadata"]["uid"]
    assert [one["metadata"]["uid"] for one in training_pods(namespace)] == [pod["metadata"]["uid"]]


def test_uninstalling_leaves_crds_and_monitors_and_installing_again_goes_on_with_them(namespace: Space) -> None:
    install()
    start(namespace, idle_target(), training=REFUSED_BY_THE_GATE)
    first = run_number(namespace, 1)
    assert finished(first) == ("Rejected", "NotBetter")
    kinds, installed = crds(), on_the_cluster("get", "manifest", "refit")
    assert set(kinds) == CRDS

    uninstall()
    left = kubectl("get", "-f", "-", "--ignore-not-found", "-o", "name", stdin=installed).split()
    assert {name.partition("/")[2] for name in left} == CRDS
    until(lambda: not OPERATOR.list("pod"), 60, "the operator's pod stays")
    own = ("-n", OPERATOR.name)
    assert (set(uids("secret", *own)), set(uids("lease", *own))) == ({"refit-progress-tls"}, {"refit-operator"})
    assert namespace.get("rr", first["metadata"]["name"])["status"] == first["status"]

    with pytest.raises(HelmFailed, match="invalid ownership metadata"):
        install(name="another")
    install()
    assert crds() == kinds
    set_cooldown(namespace, "0s")
    namespace.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(namespace, "1h")
    assert finished(run_number(namespace, 2)) == ("Rejected", "NotBetter")
    assert namespace.get("rr", first["metadata"]["name"])["status"] == first["status"]


def may(verb: str, resource: str, *where: str) -> bool:
    """Return whether the operator's account may do something."""
    try:
        return kubectl("auth", "can-i", verb, resource, f"--as={ACCOUNT}", *where).strip() == "yes"
    except Refused:
        return False


def test_for_one_namespace_rights_in_it_are_enough_and_no_other_is_served(namespace: Space) -> None:
    install(watchNamespace=namespace.name)
    with restricted_namespace(f"{namespace.name}-other") as other:
        for verb, resource in RIGHTS:
            assert may(verb, resource, "-n", namespace.name), resource
            assert not may(verb, resource, "-n", other.name), resource
            assert not may(verb, resource, "--all-namespaces"), resource
        other.apply(*CLAIMS, idle_target(), monitor())
        start(namespace)
        assert run_number(namespace, 1)["status"]["outcome"] == "Promoted"
        assert other.get("mmon", "reviews")["status"] == {"attempts": 0, "conditions": [], "observedGeneration": -1}
        assert other.list("rr") == []


def test_what_kubectl_installed_is_handed_over_with_its_monitors(namespace: Space) -> None:
    install_by_kubectl()
    start(namespace, idle_target(), training=REFUSED_BY_THE_GATE)
    first, kinds = run_number(namespace, 1), crds()
    with pytest.raises(HelmFailed, match="invalid ownership metadata"):
        install()
    install("--take-ownership", "--force-conflicts")
    assert crds() == kinds
    assert set(uids("deployment", "-n", OPERATOR.name)) == {"refit-operator"}
    upgrade("--force-conflicts", settings={"prometheusAllowed": "http://prometheus.monitoring:9090"})
    (container,) = OPERATOR.get("deployment", "refit-operator")["spec"]["template"]["spec"]["containers"]
    allowed = {"name": "REFIT_PROMETHEUS_ALLOWED", "value": "http://prometheus.monitoring:9090"}
    assert [one for one in container["env"] if one["name"] == allowed["name"]] == [allowed]
    set_cooldown(namespace, "0s")
    namespace.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(namespace, "1h")
    assert finished(run_number(namespace, 2)) == finished(first) == ("Rejected", "NotBetter")
