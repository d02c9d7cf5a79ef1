"""Tasks, methods and formats by name: a new one is a new file in its package, and nothing else changes."""

import importlib
import pkgutil
from types import ModuleType

from refit_trainer.contract.errors import BadInput


def find_plugin(package: str, field: str, name: str) -> ModuleType:
    """Import the package's module of that name, `-` read as `_`; raise BadInput with the known names."""
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    known = sorted(module.name.replace("_", "-") for module in found if not module.ispkg)
    if name not in known:
        raise BadInput(f"{field}={name!r}: unknown; this image knows {', '.join(known)}")
    return importlib.import_module(f"{package}.{name.replace('-', '_')}")
