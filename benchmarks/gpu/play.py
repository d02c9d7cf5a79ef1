"""`python -m benchmarks.gpu.play PART [--dry-run]`: one part; its record is the last line of the output."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()

import torch  # noqa: E402

from benchmarks.gpu import accuracy, commands, decoders, serving  # noqa: E402
from benchmarks.gpu.sizes import DRY, REAL, Sizes  # noqa: E402

Part = Callable[[Sizes, Path], Mapping[str, Any]]
PARTS: dict[str, Part] = {
    "start": commands.play_start,
    "accuracy": accuracy.play,
    "serving": serving.play,
    "lora": lambda sizes, folder: decoders.play("lora", sizes, folder),
    "full": lambda sizes, folder: decoders.play("full", sizes, folder),
    "two-ranks": commands.play_two_ranks,
}


def play(part: str, sizes: Sizes) -> dict[str, Any]:
    """Play a part in a folder of its own; return its record."""
    with tempfile.TemporaryDirectory() as folder:
        measured = PARTS[part](sizes, Path(folder))
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    versions = {name: version(name) for name in ("torch", "transformers")}
    return {"part": part, "device": device, **measured, "versions": versions}


def main(part: str, *more: str) -> None:
    """Play a part, and print its record."""
    is_dry = more == ("--dry-run",)
    if not is_dry and not torch.cuda.is_available():
        sys.exit("there is no GPU: --dry-run plays the parts on a CPU")
    print(json.dumps(play(part, DRY if is_dry else REAL)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
