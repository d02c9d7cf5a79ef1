"""Demos and test runs take turns on a cluster, and each begins without what the others left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import yaml

from localcluster import disposable
from localcluster.disposable import CONTROLLER, LABEL, OBJECT, alone_on_the_cluster
from localcluster.paths import CHECKOUT


@pytest.fixture
def removals(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    seen: list[str] = []
    monkeypatch.setattr(disposable, "remove", lambda environment: seen.append(environment["USER"]))
    yield seen


def turn(root: Path, user: str) -> Any:
    return alone_on_the_cluster(root, user, {"USER": user})


def test_each_begins_without_what_the_one_before_left(tmp_path: Path, removals: list[str]) -> None:
    for user in ("a demo", "tests", "a demo again"):
        with turn(tmp_path, user):
            pass
    assert removals == ["a demo", "tests", "a demo again"]


def test_processes_of_one_run_share_the_cluster_and_the_first_removes(tmp_path: Path, removals: list[str]) -> None:
    with ExitStack() as all_of_them:
        for _ in range(4):
            all_of_them.enter_context(turn(tmp_path, "tests"))
    assert removals == ["tests"]


def test_another_waits_until_the_last_process_has_ended(tmp_path: Path, removals: list[str]) -> None:
    in_turn = Event()

    def play() -> list[str]:
        with turn(tmp_path, "a demo"):
            in_turn.set()
            return list(removals)

    with ThreadPoolExecutor() as pool, ExitStack() as tests:
        for _ in range(2):
            tests.enter_context(turn(tmp_path, "tests"))
        demo = pool.submit(play)
        assert not in_turn.wait(0.3)
        tests.pop_all().close()
        assert demo.result(10) == ["tests", "a demo"]


def test_what_could_not_be_removed_is_not_taken_for_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(environment: dict[str, str]) -> None:
        raise OSError("no cluster")

    monkeypatch.setattr(disposable, "remove", fail)
    for _ in range(2):
        with pytest.raises(OSError, match="no cluster"), turn(tmp_path, "tests"):
            pass


def test_the_label_is_added_to_those_that_are_there() -> None:
    document: dict[str, Any] = {"kind": "Namespace", "metadata": {"name": "x", "labels": {"a": "b"}}}
    assert disposable.disposable(document)["metadata"]["labels"] == {"a": "b", LABEL: OBJECT}
    assert disposable.disposable(document, CONTROLLER)["metadata"]["labels"][LABEL] == CONTROLLER
    assert document["metadata"]["labels"] == {"a": "b"}


def test_the_demos_namespace_has_the_label() -> None:
    overlay = yaml.safe_load((CHECKOUT / "manifests/overlays/demo/kustomization.yaml").read_text())
    patches = [yaml.safe_load(patch["patch"]) for patch in overlay["patches"] if "patch" in patch]
    assert [patch["metadata"]["labels"] for patch in patches if patch["kind"] == "Namespace"] == [{LABEL: OBJECT}]
