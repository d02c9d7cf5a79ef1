"""A server that reads a part of the pointer, as stock ones do: what is written, restored, and counts as a change."""

import json
from contextlib import closing
from typing import Any

from refit_operator.api.base import FIELD_MANAGER
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, run_number, serve, start

PATH = "refit.dev/model-path"
OLD = "file:///models/v7@sha256:" + "7" * 64
LONG = {"for": "10m"}


def path_target() -> Document:
    """A target whose container reads the plain path alone."""
    made = target()
    reads = made["spec"]["template"]["spec"]["containers"][0]["env"][0]
    reads["valueFrom"] = {"fieldRef": {"fieldPath": f"metadata.annotations['{PATH}']"}}
    return made


def written(space: Space) -> dict[str, str]:
    """Return the pointer's annotations on the target."""
    found = space.get("deploy", "reviews")["spec"]["template"]["metadata"]["annotations"]
    return {name: value for name, value in found.items() if name.startswith("refit.dev/")}


def template(**annotations: str) -> Document:
    """Return a change of the template's annotations, by the last part of each name."""
    found: dict[str, Any] = {f"refit.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
    return {"spec": {"template": {"metadata": {"annotations": found}}}}


def test_all_parts_are_written_at_once_and_restored_at_once(space: Space) -> None:
    start(space, path_target(), verification=LONG)
    name = active_run(space, "Verifying")
    uri, _, digest = space.get("rr", name)["status"]["pointerChange"]["new"].partition("@")
    path = uri.removeprefix("file://")
    assert written(space) == {
        "refit.dev/checkpoint": f"{uri}@{digest}",
        PATH: path,
        "refit.dev/model-digest": digest,
    }
    shown = "import os; print(os.environ['MODEL_URI'])"
    assert space.run("exec", "deploy/reviews", "--", "python3", "-c", shown).strip() == path
    say(space, name, abort=True)
    assert (run_number(space, 1)["status"]["outcome"], written(space)) == ("RolledBack", {})
    history = space.run("rollout", "history", "deploy/reviews").splitlines()
    assert len([line for line in history if line.strip()[:1].isdigit()]) == 2  # two rollouts, none by halves


def test_a_part_that_is_read_and_changed_by_hand_ends_the_run_and_is_named(space: Space) -> None:
    start(space, path_target(), verification=LONG)
    active_run(space, "Verifying")
    space.run("patch", "deploy", "reviews", "--type=merge", "-p", json.dumps(template(model_path="/models/other")))
    run = run_number(space, 1)
    assert finished(run) == ("Superseded", "Overruled")
    assert f'annotation {PATH} (field manager "kubectl-patch") is /models/other' in run["status"]["message"]
    assert PATH in space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")
    assert written(space)[PATH] == "/models/other"
    space.run("patch", "deploy", "reviews", "--type=merge", "-p", json.dumps(template(model_path=path_of(run))))
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")


def apply_as_the_operator(space: Space, change: Document) -> None:
    """Apply as an earlier operator did; kubectl would make what was applied on this side before the operator's, too."""
    whole = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "reviews"}} | change
    path = f"/apis/apps/v1/namespaces/{space.name}/deployments/reviews?fieldManager={FIELD_MANAGER}"
    with closing(ApiServer()) as server:
        status, answer = server.ask("PATCH", path, whole, kind="application/apply-patch+yaml")
    assert status == 200, answer


def path_of(run: Document) -> str:
    return str(run["status"]["pointerChange"]["new"].partition("@")[0].removeprefix("file://"))


def test_a_pointer_of_an_older_operator_stays_as_it_is_until_the_next_promotion(space: Space) -> None:
    space.apply(*CLAIMS)
    serve(space, target())
    apply_as_the_operator(space, template(checkpoint=OLD))
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    before = space.get("deploy", "reviews")["metadata"]["generation"]
    space.apply(monitor(suspend=True, verification=LONG))
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert (written(space), space.get("deploy", "reviews")["metadata"]["generation"]) == (
        {"refit.dev/checkpoint": OLD},
        before,
    )
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    name = active_run(space, "Verifying")
    assert set(written(space)) == {"refit.dev/checkpoint", PATH, "refit.dev/model-digest"}
    say(space, name, abort=True)
    assert run_number(space, 1)["status"]["outcome"] == "RolledBack"
    assert written(space) == {
        "refit.dev/checkpoint": OLD,
        PATH: "/models/v7",
        "refit.dev/model-digest": OLD.partition("@")[2],
    }


def test_a_part_that_a_tool_holds_too_keeps_all_of_them(space: Space) -> None:
    start(space, path_target(), verification=LONG)
    name = active_run(space, "Verifying")
    before = written(space)
    whole = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "reviews"}}
    tools = whole | template(model_path=before[PATH])
    space.apply(tools, flags=("--server-side", "--field-manager=argocd"))
    say(space, name, abort=True)
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "RollbackBlocked")
    assert f'{PATH} stays {before[PATH]}: owned by field manager "argocd"' in run["status"]["message"]
    assert written(space) == before


def test_a_path_in_the_manifest_holds_before_anything_is_trained(space: Space) -> None:
    space.apply(*CLAIMS)
    server = path_target()
    server["spec"]["template"]["metadata"]["annotations"] = {PATH: "/models/v1"}
    serve(space, server)
    space.apply(monitor())
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "Overruled")
    assert f"{PATH} " in message and "remove it" in message
    assert space.list("rr") == []
