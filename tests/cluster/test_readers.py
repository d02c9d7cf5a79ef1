"""A server whose model an init container fetches: that reads the pointer, and the server a folder."""

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import finished, pointer, run_number, start


def fetching_target(server_mounts_at: str = "") -> Document:
    """A target as KServe's storage initializer has it; the server reads the pointer too where it mounts the claim."""
    made = target()
    pod = made["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    fetch = {key: value for key, value in server.items() if key != "readinessProbe"}
    fetch |= {"name": "fetch-model", "command": ["true"]}
    pod["initContainers"] = [fetch]
    pod["volumes"].append({"name": "model", "emptyDir": {}})
    server["volumeMounts"] = [{"name": "model", "mountPath": "/model"}]
    if server_mounts_at:
        server["volumeMounts"].append({"name": "models", "mountPath": server_mounts_at})
    else:
        server["env"] = [variable for variable in server["env"] if variable["name"] != "MODEL_URI"]
    return made


def test_an_init_container_that_reads_the_pointer_is_given_the_candidate(space: Space) -> None:
    start(space, fetching_target())
    run = run_number(space, 1)
    assert finished(run) == ("Promoted", "Promoted")
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert pointer(space).startswith("file:///models/checkpoints/")


def test_readers_that_see_the_claim_at_different_places_are_objected_to(space: Space) -> None:
    space.apply(*CLAIMS, fetching_target("/elsewhere"), monitor())
    message = space.wait_condition("mmon/reviews", "Ready", "TargetNotWired")
    assert "container server at /elsewhere/checkpoints, container fetch-model at /models/checkpoints" in message
    assert space.list("rr") == []
