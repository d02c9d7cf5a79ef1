"""What a model folder may not hold, since those who load it can read and start anything.

No pickles, which run code when loaded, under whatever name; no symlinks, and nothing that names a file or another model
elsewhere; no `auto_map`, which names code to import; no weights whose header isn't what the file has room for.
"""

import json
import os
import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.files import PICKLES

LONGEST_HEADER = 100_000_000  # bytes: what safetensors itself reads
ADAPTER = "adapter_config.json"
ELSEWHERE = ("base_model_name_or_path", "revision", "auto_mapping")
"""What an adapter's configuration names of another model, and of code."""
INDEX = ".safetensors.index.json"


def list_model_files(folder: Path) -> Iterator[str]:
    """Return the names of all files of a folder; raise BadInput for symlinks, pickles and devices."""
    for root, folders, files in os.walk(folder):
        for entry in (*folders, *files):
            path = Path(root, entry)
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                raise BadInput(f"{folder}: {name} is a symlink")
            if "\n" in name:
                raise BadInput(f"{folder}: {name!r} isn't a file name")
            if path.is_dir():
                continue
            if not path.is_file() or path.suffix.lower() in PICKLES:
                raise BadInput(f"{folder}: {name} is refused: models are safetensors and JSON, not pickles or devices")
            yield name


def check_model_files(folder: Path, names: Collection[str]) -> None:
    """Raise BadInput for what may not be in the files of a model."""
    for name in names:
        if name.endswith(".safetensors"):
            _check_header(folder, name)
        elif name.endswith("config.json"):
            _check_config(folder, name)
        elif name.endswith(INDEX):
            _check_index(folder, name, names)


def _check_config(folder: Path, name: str) -> None:
    document = _read(folder, name)
    if isinstance(document, dict) and "auto_map" in document:
        raise BadInput(f"{folder}: {name} has an auto_map: code in a model folder is never run")
    parent, _, last = name.rpartition("/")
    named = isinstance(document, dict) and any(document.get(key) is not None for key in ELSEWHERE)
    if last == ADAPTER and (named or not parent):
        raise BadInput(f"{folder}: {name} names another model to load: merge the adapter into the weights")


def _check_index(folder: Path, name: str, names: Collection[str]) -> None:
    document = _read(folder, name)
    shards = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(shards, dict):
        raise BadInput(f"{folder}: {name} has no weight_map")
    parent = name.rpartition("/")[0]
    for shard in map(str, shards.values()):
        if (f"{parent}/{shard}" if parent else shard) not in names:
            raise BadInput(f"{folder}: {name} names {shard!r}, which isn't a file of this folder")


def _check_header(folder: Path, name: str) -> None:
    """Check that the header fits into the file and is JSON, and that the weights it tells of end with the file."""
    size = (folder / name).stat().st_size
    with (folder / name).open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > min(LONGEST_HEADER, size - 8):
            raise BadInput(f"{folder}: {name} isn't safetensors: its header of {length} bytes doesn't fit into {size}")
        header = file.read(length)
    try:
        tensors = json.loads(header)
        ends = [tensor["data_offsets"][1] for key, tensor in tensors.items() if key != "__metadata__"]
        end = 8 + length + max(ends, default=0)
    except (ValueError, RecursionError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BadInput(f"{folder}: {name} isn't safetensors: {type(error).__name__} in its header") from None
    if end != size:
        raise BadInput(f"{folder}: {name} has {size} bytes, and its header tells of {end}")


def _read(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / name).read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{folder}: {name} isn't JSON: {error}") from None
