"""Tasks, methods and formats by name: a new one is a new file in its package, and nothing else changes."""

import importlib
import pkgutil
from types import ModuleType

from refit_trainer import formats, methods, tasks
from refit_trainer.errors import BadInput
from refit_trainer.formats import Format
from refit_trainer.methods import Method
from refit_trainer.tasks import Task


def find_task(name: str) -> Task:
    """Return the task of that name; raise BadInput with the known names."""
    task: Task = _find(tasks, "task", name).TASK
    return task


def find_method(name: str) -> Method:
    """Return the method of that name; raise BadInput with the known names."""
    method: Method = _find(methods, "hyperparameters.method", name).METHOD
    return method


def find_format(name: str) -> Format:
    """Return the format of that name; raise BadInput with the known names."""
    kind: Format = _find(formats, "dataset.format", name).FORMAT
    return kind


def _find(package: ModuleType, field: str, name: str) -> ModuleType:
    known = sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(package.__path__))
    if name not in known:
        raise BadInput(f"{field}={name!r}: unknown; this image knows {', '.join(known)}")
    return importlib.import_module(f"{package.__name__}.{name.replace('-', '_')}")
