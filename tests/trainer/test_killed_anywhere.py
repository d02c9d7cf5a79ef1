"""kill -9 between any two writes of publication, pruning and saving: what is seen is whole, and the retry succeeds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from refit_trainer.artifacts import checkpoint as publication
from refit_trainer.artifacts.upload import write_marker
from refit_trainer.commands.train import _clean_up
from refit_trainer.contract.config import Run, TrainConfig
from refit_trainer.storage.object_store import list_names, upload
from tests.support.trainer.commands import train_config
from tests.support.trainer.killed import NAMES, copy_of, keep_state, visible
from tests.support.trainer.s3_server import BUCKET, S3Server


@pytest.fixture
def shelf(tmp_path: Path, published: Path) -> Path:
    """Four published checkpoints of one monitor, and a state of the fifth run."""
    for ordinal, name in enumerate(NAMES[:-1], start=1):
        run = Run(name=name, uid=f"uid-{ordinal}", ordinal=ordinal)
        publication.publish((tmp_path / "shelf" / name).as_uri(), run, "text-classification", copy_of(published), {})
    keep_state(tmp_path / "shelf" / NAMES[-1], 10)
    return tmp_path / "shelf"


def killed(what: str, folder: Path, *more: str) -> None:
    words = [sys.executable, "-m", "tests.support.trainer.killed", what, str(folder), *more]
    done = subprocess.run(words, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0 and " deaths" in done.stdout, done.stdout + done.stderr


def test_a_publication_killed_anywhere_is_whole_or_invisible(shelf: Path) -> None:
    killed("publication", shelf)


def test_an_upload_killed_anywhere_is_whole_or_invisible(shelf: Path, s3: S3Server, tmp_path: Path) -> None:
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    for name in NAMES[:-1]:
        upload(shelf / name, f"{uri}/{name}", last="manifest.json")
    killed("upload", s3.root / tmp_path.name, uri)


@pytest.mark.parametrize(("keep", "protect", "gone"), [(4, [], [1]), (2, [1, 3], [2])])
def test_old_checkpoints_go_from_a_bucket(
    shelf: Path, s3: S3Server, tmp_path: Path, keep: int, protect: list[int], gone: list[int]
) -> None:
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    for name in (*NAMES[:-1], "books-1-0a1b2c3d", "reviews-v1"):
        upload(shelf / name if name in NAMES else shelf / NAMES[0], f"{uri}/{name}", last="manifest.json")
    before = list_names(uri)
    document = train_config(shelf, shelf, shelf, keep=keep, protect=[f"{uri}/{NAMES[n - 1]}" for n in protect])
    _clean_up(TrainConfig.model_validate(document | {"output": f"{uri}/{NAMES[-1]}"}))
    assert set(before) - set(list_names(uri)) == {NAMES[n - 1] for n in gone}


def test_what_an_earlier_run_uploaded_in_part_goes(shelf: Path, s3: S3Server, tmp_path: Path) -> None:
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    for name in NAMES[:3]:
        upload(shelf / name, f"{uri}/{name}", last="manifest.json")
        write_marker(f"{uri}/{name}", Run(name=name, uid=name))
    for name in NAMES[:2]:
        (s3.root / tmp_path.name / name / "manifest.json").unlink()
    publication.prepare_output(f"{uri}/{NAMES[1]}", Run(name=NAMES[1], uid="uid-2"))
    assert list_names(uri) == [f".{NAMES[1]}.uploading", f".{NAMES[2]}.uploading", NAMES[1], NAMES[2]]
    publication.prepare_output(f"{uri}/{NAMES[3]}", Run(name=NAMES[3], uid="uid-4"))
    assert list_names(uri) == [f".{NAMES[3]}.uploading", NAMES[2]]


def test_a_state_killed_anywhere_is_the_one_before_or_the_new_one(tmp_path: Path) -> None:
    killed("saving", tmp_path)


@pytest.mark.parametrize(
    ("keep", "protect", "gone"),
    [
        (5, [], []),
        (4, [], [1]),
        (1, [], [1, 2, 3, 4]),
        (2, [1, 3], [2]),
        (None, [], []),
    ],
)
def test_old_checkpoints_go_but_never_a_protected_one(
    shelf: Path, published: Path, keep: int | None, protect: list[int], gone: list[int]
) -> None:
    for stranger in ("books-1-0a1b2c3d", "reviews-6-0a1b2c3d", "reviews-v1", "reviews-1-0A1B2C3D"):
        shutil.copytree(shelf / NAMES[0], shelf / stranger)
    before = visible(shelf)
    document = train_config(published, published, shelf / NAMES[-1])
    protected = [f"{(shelf / NAMES[n - 1]).as_uri()}/" for n in protect]
    config = TrainConfig.model_validate(document | {"keep": keep, "protect": protected})
    _clean_up(config)
    assert set(before) - set(visible(shelf)) == {NAMES[n - 1] for n in gone}


def test_the_model_that_the_run_starts_from_stays(shelf: Path, published: Path) -> None:
    config = TrainConfig.model_validate(train_config(shelf / NAMES[0], published, shelf / NAMES[-1], keep=1))
    _clean_up(config)
    assert visible(shelf) == [NAMES[0]]


def test_an_object_store_loses_the_manifest_first(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    memory, order = fsspec.filesystem("memory"), []
    for name in NAMES[:2]:
        publication.publish(
            f"memory://shelf/{name}", Run(name=name, uid=name), "text-classification", copy_of(published), {}
        )
    remove = type(memory).rm_file
    monkeypatch.setattr(type(memory), "rm_file", lambda fs, path: (order.append(path), remove(fs, path))[1])
    document = train_config(published, published, Path("/x"), keep=1) | {"output": f"memory://shelf/{NAMES[1]}"}
    _clean_up(TrainConfig.model_validate(document))
    assert order[0].split(NAMES[0])[-1] == "/manifest.json" and len(order) == 5
    assert [entry.split("/")[-1] for entry in memory.ls("/shelf", detail=False)] == [NAMES[1]]
