"""`python -m tests.support.trainer.killed WHAT FOLDER`: publication, or a state's saving, killed at each point.

A process of its own, without torch, so that hundreds of children are forked in seconds.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from refit_trainer.artifacts import checkpoint as publication
from refit_trainer.artifacts.manifest import read_manifest
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.train import _clean_up
from refit_trainer.contract.config import TrainConfig
from refit_trainer.training.training_state import StateStore
from tests.support.trainer.commands import train_config
from tests.support.trainer.kill import LIMIT, at_requests, killed_everywhere, survives

NAMES = [f"reviews-{ordinal}-0a1b2c3d" for ordinal in range(1, 6)]
IDENTITY = {"run": "uid-5"}
EVERY = 3  # deaths for one retry


def copy_of(published: Path) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
            shutil.copyfile(published / name, folder / name)

    return save


def keep_state(output: Path, step: int) -> None:
    states = StateStore(output.as_uri(), IDENTITY)
    folder = states.staging / f"checkpoint-{step}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_text(f"weights of step {step}")
    states.commit(folder, step)


def attempt(shelf: Path, uri: str = "") -> None:
    """Do what `refit-train` does but learn: publish the fifth, keep the newest three and the first.

    The URI is that of the shelf; the path is where its files can be read.
    """
    uri = uri or shelf.as_uri()
    published = shelf / NAMES[-2]
    document = train_config(published, published, shelf, uid="uid-5", keep=3, protect=[f"{uri}/{NAMES[0]}"])
    config = TrainConfig.model_validate(document | {"output": f"{uri}/{NAMES[-1]}"})
    if publication.find_published(config.output, config.run) is None:
        publication.prepare_output(config.output, config.run)
        publication.publish(config.output, config.run, config.task, copy_of(published), {})
    _clean_up(config)


def visible(shelf: Path) -> list[str]:
    return sorted(path.name for path in shelf.iterdir() if not path.name.startswith("."))


def assert_whole(shelf: Path, seen: list[str]) -> None:
    """Whatever is seen has a manifest, and its files are those of the manifest; and no more is pruned than may be."""
    for name in seen:
        manifest = read_manifest(shelf / name)
        assert manifest and manifest["digest"] == digest_folder(shelf / name), name
    assert set(seen) >= {NAMES[0], *NAMES[2:-1]}
    assert NAMES[-1] in seen or NAMES[1] in seen, "pruned before anything took its place"


def assert_done(shelf: Path) -> None:
    assert_whole(shelf, visible(shelf))
    assert sorted(path.name for path in shelf.iterdir()) == [NAMES[0], *NAMES[2:]]


def kill_publication(shelf: Path) -> None:
    now, deaths, whole = shelf.parent / "now", 0, 0

    def prepare() -> None:
        shutil.rmtree(now, ignore_errors=True)
        shutil.copytree(shelf, now)

    for _ in killed_everywhere(lambda: attempt(now), prepare):
        deaths += 1
        seen = visible(now)
        assert_whole(now, seen)
        whole += NAMES[-1] in seen
        if deaths % EVERY == 0:
            attempt(now)
            assert_done(now)
    assert_done(now)
    print(f"{deaths} deaths, {whole} after the publication")
    assert deaths > 100 and 20 < whole < deaths - 20


def kill_upload(shelf: Path, uri: str) -> None:
    """The same in a bucket of the S3 server. The parent looks at the server's files: clients don't survive a fork."""
    before, deaths, whole = Path(shutil.copytree(shelf, shelf.parent / "before")), 0, 0
    import s3fs  # noqa: F401  # once, not in each child

    def prepare() -> None:
        shutil.rmtree(shelf)
        shutil.copytree(before, shelf)

    for _ in killed_everywhere(lambda: attempt(shelf, uri), prepare, at_requests):
        deaths += 1
        seen = [name for name in visible(shelf) if (shelf / name / "manifest.json").exists()]
        assert_whole(shelf, seen)
        whole += NAMES[-1] in seen
        if deaths % EVERY == 0:
            assert survives(lambda: attempt(shelf, uri), LIMIT, at_requests)
            assert_done(shelf)
    assert_done(shelf)
    print(f"{deaths} deaths, {whole} after the publication")
    assert deaths > 25 and 10 < whole < deaths - 10


def kill_saving(folder: Path) -> None:
    output, steps = folder / "out", []

    def prepare() -> None:
        shutil.rmtree(folder / ".out.unfinished", ignore_errors=True)
        keep_state(output, 10)

    for point in killed_everywhere(lambda: keep_state(output, 20), prepare):
        saved = StateStore(output.as_uri(), IDENTITY).saved
        assert saved and (saved.folder / "model.safetensors").read_text() == f"weights of step {saved.step}", point
        steps.append(saved.step)
        keep_state(output, 30)
        assert [path.name for path in (folder / ".out.unfinished").glob("step-*")] == ["step-30"]
    print(f"{len(steps)} deaths, {steps.count(20)} after the save")
    assert set(steps) == {10, 20}


if __name__ == "__main__":
    actions: dict[str, Any] = {"publication": kill_publication, "saving": kill_saving, "upload": kill_upload}
    actions[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
