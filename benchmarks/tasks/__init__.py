"""What each task is measured on. A task is one file here with a `SCENARIO`; the benchmark finds it by itself.

A scenario is a model, real data before and after a drift, and how to train; everything else goes through the contract.
Its functions run inside the trainer image, except those of `materials`, which fetch what the data is made of.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Materials = Mapping[str, Path]


@dataclass(frozen=True)
class Scenario:
    """A task on real data that drifts."""

    task: str
    model: str
    """For the page: the architecture and what it starts from."""
    data: str
    """For the page: what the rows are, and where they are from."""
    drift: str
    """For the page: what changes."""
    metric: str
    columns: Mapping[str, str]
    hyperparameters: Mapping[str, str]
    write: Callable[[Materials, Path], None]
    """Write into a folder: `model`, and in `before` and `after` the rows, `train` and `holdout`."""
    materials: Mapping[str, Callable[[], Path]]
    """What has to be fetched by name: each function returns a folder, made once."""
    also: Sequence[str] = ()
    """Other metrics for the page."""


def scenario_names() -> list[str]:
    """Return the tasks that have a scenario."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def find_scenario(name: str) -> Scenario:
    """Return a task's scenario; ImportError where it has none."""
    scenario: Scenario = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").SCENARIO
    return scenario
