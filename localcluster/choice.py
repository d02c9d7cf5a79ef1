"""Which kind of cluster this machine gets, and the memory of it: every later command means the cluster that `up` made.

kind where docker or podman answers. Where neither does, on Debian as root, a node assembled from parts. Elsewhere one
sentence says what is missing.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from localcluster.commands import DOWN, Failed
from localcluster.engine import ENGINES, complaint, find_engine, installed_engines
from localcluster.packages import STATUS
from localcluster.paths import Layout

KIND, NODE = "kind", "node"


@dataclass(frozen=True)
class Machine:
    """What of this machine decides."""

    engine: str | None
    """The container engine that answers."""
    installed: tuple[str, ...] = ()
    """Engines whose program is here, whether they answer or not."""
    complaint: str = ""
    """What the first of these says instead of an answer."""
    is_debian: bool = True
    is_root: bool = True


@dataclass(frozen=True)
class Choice:
    """A kind of cluster, and the engine for it."""

    cluster: str
    engine: str | None = None
    why: str = ""


def look() -> Machine:
    """Return what this machine has."""
    engine, installed = find_engine(), installed_engines()
    told = complaint(installed[0]) if installed and engine is None else ""
    return Machine(engine, installed, told, is_debian=STATUS.exists(), is_root=os.geteuid() == 0)


def choose(wanted: str, look: Callable[[], Machine], made: Choice | None) -> Choice:
    """Return the kind of cluster: what REFIT_CLUSTER wants, else the one that is there, else what the machine can.

    `look` is called only where the machine decides. Raises `Failed`, whose message says what is missing.
    """
    if wanted not in {"", KIND, NODE}:
        raise Failed(f"REFIT_CLUSTER is {wanted!r}; it may be {KIND} or {NODE}")
    if made and wanted in {"", made.cluster}:
        return made
    if wanted == NODE:
        return Choice(NODE, why="REFIT_CLUSTER asks for it")
    machine = look()
    if machine.engine:
        return Choice(KIND, machine.engine, f"{machine.engine} answers")
    if wanted == KIND:
        raise Failed(f"REFIT_CLUSTER is {KIND}, but {_silent(machine)}")
    if machine.is_debian and machine.is_root:
        return Choice(NODE, why=f"{_silent(machine)}, and this is Debian and you are root")
    raise Failed(f"{_silent(machine)}: {_advice(machine)}")


def _silent(machine: Machine) -> str:
    if not machine.installed:
        return f"there is no container engine here (neither {' nor '.join(ENGINES)})"
    verbs = "is installed but does not answer" if len(machine.installed) == 1 else "are installed but do not answer"
    told = f" ({machine.complaint})" if machine.complaint else ""
    return f"{' and '.join(machine.installed)} {verbs}{told}"


def _advice(machine: Machine) -> str:
    start = "start one" if machine.installed else "install one"
    lacking = "you are not root" if machine.is_debian else "this machine is no Debian"
    return f"{start}, and try again. (A cluster without an engine needs Debian and root; {lacking}.)"


def remembered(layout: Layout) -> Choice | None:
    """Return the choice of the cluster that `up` made in this cache; None after `down`."""
    try:
        return Choice(**json.loads(_file(layout).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def remember(layout: Layout, choice: Choice) -> None:
    """Keep the choice until `forget`."""
    layout.root.mkdir(parents=True, exist_ok=True)
    _file(layout).write_text(json.dumps(asdict(choice)))


def forget(layout: Layout) -> None:
    """Let the next `up` choose."""
    _file(layout).unlink(missing_ok=True)


def refuse_another(made: Choice | None, choice: Choice) -> None:
    """Refuse to start a cluster beside one of the other kind, in the same cache."""
    if made and made.cluster != choice.cluster:
        end = f"REFIT_CLUSTER={made.cluster} {DOWN}"
        raise Failed(f"REFIT_CLUSTER asks for {choice.cluster}, and a {made.cluster} cluster is up: end it with {end}")


def _file(layout: Layout) -> Path:
    return layout.root / "cluster.json"
