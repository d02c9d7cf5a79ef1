import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts import checkpoint as publication
from refit_trainer.artifacts.manifest import read_manifest
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput

RUN = Run(name="reviews-1", uid="uid-1")
OTHER = Run(name="reviews-2", uid="uid-2")
FACTS: dict[str, Any] = {"rows": 1, "seconds": 1.0, "metrics": {}}


def publish(published: Path, output: Path, run: Run = RUN) -> dict[str, Any]:
    save = lambda folder: shutil.copytree(published, folder, dirs_exist_ok=True)  # noqa: E731
    return publication.publish(output.as_uri(), run, "text-classification", save, FACTS)


def test_a_publication_is_whole_and_readable_by_other_users(published: Path, tmp_path: Path) -> None:
    manifest = publish(published, tmp_path / "out")
    assert read_manifest(tmp_path / "out") == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o644}


def test_the_second_attempt_of_a_run_answers_with_the_first(published: Path, tmp_path: Path) -> None:
    first = publish(published, tmp_path / "out")
    assert publish(published, tmp_path / "out") == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_runs_checkpoint_is_never_replaced(published: Path, tmp_path: Path) -> None:
    publish(published, tmp_path / "out", OTHER)
    for attempt in (lambda: publish(published, tmp_path / "out"), lambda: find(tmp_path / "out")):
        with pytest.raises(BadInput, match=r"another run's checkpoint is there: .*uid-2"):
            attempt()


def find(output: Path) -> dict[str, Any] | None:
    return publication.find_published(output.as_uri(), RUN)


def test_what_has_no_manifest_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert find(tmp_path / "out") is None
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match="something without a manifest is there"):
        find(tmp_path / "out")


def test_a_broken_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match=r"manifest.json isn't JSON"):
        find(tmp_path / "out")


def test_only_this_outputs_leftovers_go(published: Path, tmp_path: Path) -> None:
    for name in (".out.1234.partial", ".out2.1234.partial", ".out.keep"):
        (tmp_path / name).mkdir()
    publish(published, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.keep", ".out2.1234.partial", "out"]


def test_an_object_store_gets_the_manifest_last(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    memory, order = fsspec.filesystem("memory"), []
    put = type(memory).put_file
    monkeypatch.setattr(type(memory), "put_file", lambda fs, *a, **k: (order.append(a[1]), put(fs, *a, **k))[1])
    save = lambda folder: shutil.copytree(published, folder, dirs_exist_ok=True)  # noqa: E731
    manifest = publication.publish("memory://bucket/reviews-1", RUN, "text-classification", save, FACTS)
    assert order[-1].endswith("/manifest.json") and len(order) == len(manifest["files"]) + 1
    assert json.loads(memory.cat_file("/bucket/reviews-1/manifest.json")) == manifest
    assert publication.find_published("memory://bucket/reviews-1", RUN) == manifest
