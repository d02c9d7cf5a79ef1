"""Everything in S3 buckets (docs/how-to/buckets.md): the sample, each part of it with credentials of its own."""

from tests.support.cluster.buckets import fill_buckets, names_in, secret, start_s3, variables
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.reviews import TRAINER, count_requests, kustomized, quick, send_requests
from tests.support.cluster.runs import pointer, run_number

MODELS = "s3://reviews-models"


def served_digest(space: Space) -> str:
    """Return the digest that the ready server says it has verified."""
    metrics = space.run("get", "--raw", f"/api/v1/namespaces/{space.name}/services/reviews:http/proxy/metrics")
    return metrics.partition('refit_serve_model_info{digest="')[2].partition('"')[0]


def test_the_loop_closes_with_everything_in_buckets(space: Space) -> None:
    start_s3(space)
    fill_buckets(space, "first_model.py", "swapped")
    made = kustomized(space, "buckets")
    space.apply(made["Deployment/reviews"], made["Service/reviews"])
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    send_requests(space, "traffic", RATE="10")
    rows = {"train": "s3://reviews-feedback/other", "holdout": "s3://reviews-holdout/other"}
    changed = {"training": {"baseModel": f"{MODELS}/tiny", "dataset": rows}, "verification": {"for": "10s"}}
    space.apply(merge(quick(made["ModelMonitor/reviews"]), {"spec": changed}))

    run = run_number(space, 1, limit_s=300)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    uri, digest = pointer(space).split("@")
    assert uri == f"{MODELS}/checkpoints/{run['metadata']['name']}"
    assert digest == run["status"]["result"]["candidate"]["digest"] == served_digest(space)
    assert names_in(space, "reviews-models/checkpoints") == {run["metadata"]["name"]}, "no state, nothing unfinished"
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert count_requests(space, "traffic")["failed"] == 0, space.run("logs", "traffic")


def trains_from(name: str, rows: str, credentials: str) -> Document:
    """A monitor whose trainer has some rows to read, and a Secret to read them with."""
    training = {
        "image": TRAINER,
        "startFrom": "Base",
        "baseModel": f"{MODELS}/reviews-v1",
        "dataset": {"train": rows, "holdout": "s3://elsewhere/rows"},
        "checkpoints": {"uri": f"{MODELS}/checkpoints"},
        "trainEnvFrom": [{"secretRef": {"name": credentials}}],
    }
    return monitor(name, training=training)


def refused(space: Space, name: str) -> str:
    """Return how kubectl shows a monitor's first run, which failed at its first try."""
    space.wait(f"mmon/{name}", ".status.attempts", "1")
    run = next(run["metadata"]["name"] for run in space.list("rr") if run["spec"]["monitorRef"]["name"] == name)
    space.wait(f"rr/{run}", ".status.outcome", "Failed")
    assert space.get("job", run)["status"]["failed"] == 1
    return space.run("get", f"rr/{run}", "-o", "wide")


def test_what_the_server_refuses_is_said_and_not_tried_again(space: Space) -> None:
    start_s3(space)
    fill_buckets(space, "untrained_model.py")
    space.apply(secret("old", variables("trainer") | {"AWS_SECRET_ACCESS_KEY": "old"}))
    space.apply(target("late"), target("curious"))
    space.apply(trains_from("late", "s3://reviews-feedback/train", "old"))
    space.apply(trains_from("curious", "s3://reviews-holdout/rows", "bucket-trainer"))
    said = refused(space, "late")
    assert f"train exited 64: {MODELS}/checkpoints/late-1-" in said and "(SignatureDoesNotMatch)" in said
    assert "train exited 64: s3://reviews-holdout/rows: access denied (AccessDenied)" in refused(space, "curious")
