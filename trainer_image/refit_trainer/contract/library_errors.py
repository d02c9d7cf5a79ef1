"""What a library raises at a model: an error of the model, which no retry mends, or one of the machine, which may pass.

Models that others made are loaded by libraries that say what they dislike by whatever they raise, a panic of Rust code
included, so every exception is the model's but those that are known to be the machine's.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from refit_trainer.contract.errors import BadInput, PeerLost, Stopped, StorageFailed

OF_MACHINE = re.compile(r"memory|CUDA|cuDNN|cuBLAS|NCCL|gloo", re.IGNORECASE)
"""In the words of torch's RuntimeErrors: too little memory, or a device or a peer that failed."""
OUT_OF_RANGE = "device-side assert"
"""What CUDA says of an index that is out of range, which is the model's."""
NOT_THERE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
LONGEST = 400  # characters of a library's words


@contextmanager
def refusing_model(folder: Path | None) -> Iterator[None]:
    """Turn what a library raises at a model into a BadInput with the model's folder and the library's words."""
    try:
        yield
    except (BadInput, StorageFailed, Stopped, PeerLost):
        raise
    except BaseException as error:
        if not _is_of_library(error) or is_of_machine(error):
            raise
        words = " ".join(str(error).split())[:LONGEST]
        raise BadInput(f"{folder}: {type(error).__name__}: {words}") from error


def is_of_machine(error: BaseException) -> bool:
    """Tell whether an error may pass: memory, a device, a disk. transformers' own OSErrors have no number."""
    if isinstance(error, OSError):
        return error.errno is not None and not isinstance(error, NOT_THERE)
    if isinstance(error, RuntimeError):
        return bool(OF_MACHINE.search(str(error))) and OUT_OF_RANGE not in str(error)
    return isinstance(error, MemoryError)


def _is_of_library(error: BaseException) -> bool:
    """Tell whether it is an error at all: PyO3's panic is, and no Exception."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
