"""Claims that don't exist, can't be mounted, aren't to be shared or written to: said by name, on the real node."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor, target
from tests.support.cluster.runs import active_run, finished, run_number, serve, start
from tests.support.cluster.volumes import volumes

Make = Callable[..., None]


@pytest.fixture
def volume(space: Space) -> Iterator[Make]:
    """Make a claim whose volume is a folder of the node."""
    with volumes(space) as made:
        yield made.folder


def begin(space: Space, made: str, server: Document, **training: Any) -> None:
    """Start a run of which one claim is there already."""
    space.apply(*(claim for claim in CLAIMS if claim["metadata"]["name"] != made))
    serve(space, server)
    space.apply(monitor(training=training))


def assert_pending_too_long(space: Space, reason: str, words: str) -> None:
    assert words in space.wait_condition(f"rr/{active_run(space, 'Queued')}", "Trained", reason)
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "PendingTooLong")
    assert words in run["status"]["message"]


def test_a_claim_that_does_not_exist(space: Space) -> None:
    start(space, idle_target(), training={"dataset": {"train": "pvc://nowhere/train"}, "pendingDeadline": "15s"})
    assert_pending_too_long(space, "ClaimMissing", "the claim nowhere doesn't exist")


def test_a_claim_that_cannot_be_mounted(space: Space, volume: Make) -> None:
    volume("feedback", "/refit-no-such-folder")
    begin(space, "feedback", idle_target())
    message = space.wait_condition(f"rr/{active_run(space, 'Queued')}", "Trained", "VolumeNotMounted")
    assert message.startswith("the claim feedback can't be mounted: MountVolume.SetUp failed")


def test_a_claim_that_serving_has_for_itself(space: Space, volume: Make) -> None:
    volume("models", "/opt", mode="ReadWriteOncePod")
    begin(space, "models", target(), pendingDeadline="15s")
    words = "one of the claims feedback, holdout, models is in use by another pod"
    assert_pending_too_long(space, "VolumeNotShareable", words)


def test_a_claim_that_the_trainer_cannot_write_to(space: Space, volume: Make) -> None:
    volume("models", "/opt")
    begin(space, "models", idle_target(), backoffLimit=0)
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "TrainingFailed")
    words = "train exited 1: PermissionError: [Errno 13] Permission denied: '/refit/volumes/models/checkpoints'"
    assert run["status"]["message"] == words
