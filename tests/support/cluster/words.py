"""A training that goes on only once a test says so: it waits for a file on the checkpoints' claim, which is shared."""

from typing import Any

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.nodes import engine
from tests.support.cluster.trainings import script
from tests.support.cluster.volumes import shared_folder

WAITS = """
import os, pathlib, time
place = pathlib.Path(os.environ["REFIT_OUTPUT"]).parents[1]
with (place / "attempts").open("a") as log:
    log.write(os.uname().nodename + "\\n")
while not (place / "word").exists():
    time.sleep(0.2)
os.execvp("refit-train", ["refit-train"])
"""


def waiting_training(**more: Any) -> Document:
    """A training that waits for the word; a failed attempt would end its run."""
    pod_template = {"terminationGracePeriodSeconds": 0} | more.pop("podTemplate", {})
    return script(WAITS, **{"backoffLimit": 0, "podTemplate": pod_template, **more})


def give_word(space: Space, node: str) -> None:
    """Let the training go on, by a file that this node writes."""
    engine("exec", node, "touch", f"{shared_folder(space, 'models')}/word")


def attempts(space: Space, node: str) -> list[str]:
    """Return the pods that have begun to train, as they wrote it themselves."""
    return engine("exec", node, "cat", f"{shared_folder(space, 'models')}/attempts").split()
