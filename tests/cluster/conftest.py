"""The operator, installed as a user installs it, and a namespace for each test."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from localcluster import environment
from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import layout
from tests.support.cluster.alone import left_alone
from tests.support.cluster.alone import namespace as namespace_alone
from tests.support.cluster.apart import Apart
from tests.support.cluster.hosted import Hosted, hosted_settings, operators, reachable
from tests.support.cluster.installed import install
from tests.support.cluster.kubectl import Space, restricted_namespace

COUNT = itertools.count(1)
FROM_SOURCE = os.environ.get("REFIT_TEST_OPERATOR") == "source"


BUSY = (
    "test_requests",
    "test_buckets",
    "test_loop",
    "test_two_pods",
    "test_stock_script",
    "test_stock_server",
    "test_resume",
)
"""Modules whose tests train real models, and take the most of the machine."""
SHORT = ("test_admission", "test_overrides")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the busy tests among those that mostly wait; leave the short ones for the end, when others run out."""
    busy = [item for item in items if item.path.stem in BUSY]
    short = [item for item in items if item.path.stem in SHORT]
    others = [item for item in items if item not in busy and item not in short]
    each = len(others) // (len(busy) + 1) or 1
    for number, item in enumerate(busy):
        others.insert(number * (each + 1), item)
    items[:] = [*others, *short]


@pytest.fixture(scope="session", autouse=True)
def in_turn(testrun_uid: str) -> Iterator[None]:
    """Have the cluster for this run's workers, without what earlier demos and tests left."""
    with alone_on_the_cluster(layout().root, testrun_uid, environment()):
        yield


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """Install the operator, once for all workers; return the name of its Deployment."""
    folder = tmp_path_factory.getbasetemp()
    done = (folder if worker_id == "master" else folder.parent) / "operator-installed"
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            install()
            done.touch()
    return "refit-operator"


@pytest.fixture
def space(request: pytest.FixtureRequest, namespace: Space, tmp_path: Path) -> Iterator[Space]:
    """A namespace that the operator looks after: the installed one, or with REFIT_TEST_OPERATOR=source the code as it
    stands in this checkout, as a process on this host, so that a change is tried without building an image.
    """
    if not FROM_SOURCE:
        request.getfixturevalue("operator")
        yield namespace
        return
    settings = hosted_settings(tmp_path) | reachable(namespace)
    with operators(Hosted(namespace, tmp_path / "operator.log", **settings)):
        yield namespace


@pytest.fixture(scope="session")
def policy(operator: str) -> Iterator[None]:
    """Have the installed operator leave some namespaces alone; those that tests start have its rights."""
    with left_alone():
        yield


@pytest.fixture
def apart(policy: None, tmp_path: Path) -> Iterator[Apart]:
    """A namespace in which no operator acts but those that the test starts."""
    with namespace_alone(f"apart-{next(COUNT)}") as space:
        yield Apart(space, tmp_path)


@pytest.fixture
def namespace() -> Iterator[Space]:
    """A namespace that enforces Pod Security's level `restricted`."""
    with own_namespace() as space:
        yield space


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[Space]:
    """A namespace for those tests of a module that don't disturb one another there."""
    if not FROM_SOURCE:
        request.getfixturevalue("operator")
    with own_namespace() as space:
        yield space


def own_namespace() -> AbstractContextManager[Space]:
    return restricted_namespace(f"refit-test-{os.getpid()}-{next(COUNT)}")
