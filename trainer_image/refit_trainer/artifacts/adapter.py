"""An adapter beside a checkpoint's merged weights: peft's files, which name no other model and no code.

Whoever loads it says over which model: the one that the run started from, `base` in the manifest.
"""

import json
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.model_safety import ADAPTER, ELSEWHERE
from refit_trainer.storage.files import write_json
from refit_trainer.storage.uris import make_scratch

FOLDER = "adapter"


def write_adapter(network: Any) -> Path:
    """Write the adapter of a peft network into a folder of its own; return the folder that holds it."""
    beside = make_scratch()
    folder = beside / FOLDER
    network.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / ADAPTER).read_text())
    write_json(folder / ADAPTER, config | dict.fromkeys(ELSEWHERE))
    return beside
