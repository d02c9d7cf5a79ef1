"""What the monitoring without labels is measured on. A kind of inputs is one file here with a `KIND`.

A kind has domains of rows: models learn some of them and are asked about all. Its functions run inside the trainer
image, except those of `materials`, which fetch what the data is made of.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Materials = Mapping[str, Path]
Row = dict[str, Any]
NAMES = ("sentences", "images", "recordings")
"""Of the kinds, in the page's order."""


@dataclass(frozen=True)
class Domain:
    """Rows of one kind of traffic; no row, and nothing that would tell its answer, is in two of these."""

    asked: Sequence[Row]
    learnt: Sequence[Row] = ()
    judged: Sequence[Row] = ()
    """Both empty where no model learns this domain."""


@dataclass(frozen=True)
class Kind:
    """Inputs of one task, in domains."""

    task: str
    materials: Mapping[str, Callable[[], Path]]
    """What has to be fetched by name: each function returns a folder, made once."""
    start: Callable[[Materials, Path], Path]
    """Return the folder of the model that learning starts from, made in a folder where it is made."""
    hyperparameters: Mapping[str, str]
    read: Callable[[Materials], Mapping[str, Domain]]
    """Return the domains by name; a model is made for each that has rows to learn."""


def find_kind(name: str) -> Kind:
    """Return a kind by its name; ImportError where there is none."""
    kind: Kind = importlib.import_module(f"{__name__}.{name}").KIND
    return kind
