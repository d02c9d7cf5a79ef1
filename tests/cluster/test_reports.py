"""Reports on the real node: lost with their pod, malformed, cut off by the kubelet, or about another checkpoint."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import OPERATOR, Refused, Space, kubectl
from tests.support.cluster.objects import idle_target
from tests.support.cluster.runs import active_run, finished, pointer, run_number, start
from tests.support.cluster.trainings import script
from tests.support.local import until

TOO_LONG = """
import json, pathlib
report = {"checkpoint": "x" * 5000, "digest": "sha256:" + "0" * 64, "rows": 1, "seconds": 1}
pathlib.Path("/dev/termination-log").write_text(json.dumps(report))
"""
ANOTHER = """
import json, os, pathlib
folder = pathlib.Path(os.environ["REFIT_OUTPUT"])
folder.mkdir(parents=True)
(folder / "stub.json").write_text(json.dumps({"weights": "another's"}))
report = {"checkpoint": str(folder), "digest": "sha256:" + "0" * 64, "rows": 1, "seconds": 1}
pathlib.Path("/dev/termination-log").write_text(json.dumps(report))
"""


@contextmanager
def deaf(space: Space, run: str) -> Iterator[None]:
    """Let the API server refuse every status of a run, so that nothing that is read can be recorded."""
    rule = {"apiGroups": ["refit.dev"], "apiVersions": ["*"], "operations": ["UPDATE"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": space.name}}
    matched = {"namespaceSelector": selector, "resourceRules": [rule | {"resources": ["retrainruns/status"]}]}
    policy = {"matchConstraints": matched, "validations": [{"expression": "false", "message": "not now"}]}
    binding = {"policyName": space.name, "validationActions": ["Deny"]}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": space.name}}
    space.apply(
        disposable(head | {"kind": "ValidatingAdmissionPolicy", "spec": policy}),
        disposable(head | {"kind": "ValidatingAdmissionPolicyBinding", "spec": binding}),
    )
    try:
        until(lambda: is_refused(space, run), 30, "the policy isn't in force")
        yield
    finally:
        kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
        kubectl("delete", kinds, space.name)


def is_refused(space: Space, run: str) -> bool:
    document = space.get("rr", run)
    document["status"]["message"] = "x"
    words = ("--subresource=status", "--dry-run=server", "-f", "-")
    try:
        space.run("replace", "--as", OPERATOR, *words, stdin=json.dumps(document))
    except Refused as error:
        return "not now" in str(error)
    return False


def test_a_report_that_is_lost_with_its_pod_is_made_anew_by_the_judge_alone(space: Space) -> None:
    start(space, training={"hyperparameters": {"seconds": "15"}})
    name = active_run(space, "Training")
    with deaf(space, name):
        space.run("wait", "--for=condition=Complete", f"job/{name}", "--timeout=180s", limit_s=190)
        space.run("delete", "pod", "-l", f"refit.dev/run={name}")
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert "initContainers" not in space.get("job", f"{name}-judge")["spec"]["template"]["spec"]
    assert (run["status"]["jobRef"], "trainingRows" in run["status"]["result"]) == (f"{name}-judge", False)
    assert "ReportLost" in space.run("describe", "rr", name)


def test_a_judgement_without_a_number_is_never_accepted(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": {"accuracy": "nan"}})
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "ReportInvalid")
    words = "the report of container judge is invalid: candidate.metrics.accuracy: Input should be a finite number"
    assert run["status"]["message"] == words
    assert pointer(space) == ""


def test_a_report_that_the_kubelet_cut_off_is_said_to_be_so(space: Space) -> None:
    start(space, idle_target(), training=script(TOO_LONG))
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "ReportInvalid")
    assert run["status"]["message"].startswith("the report of container train is invalid: truncated at 4096 bytes")
    assert pointer(space) == ""


def test_another_checkpoint_than_the_trained_one_is_never_accepted(space: Space) -> None:
    start(space, idle_target(), training=script(ANOTHER))
    run = run_number(space, 1)
    assert finished(run) == ("Rejected", "DigestMismatch")
    assert run["status"]["message"].endswith("trained sha256:" + "0" * 64)
    assert pointer(space) == ""
