"""The trained models are made once and shared; a test that changes one copies it first."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.trainer import commands
from tests.support.trainer.s3_server import PROGRAM, S3Server
from tests.support.trainer.server import Serve, Server

if find_spec("torch") is None or find_spec("transformers") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from refit_trainer.contract.process_setup import set_defaults

    set_defaults()  # before a test module imports torch
    # What is shared stays as it was published; test_explain asks for reports, and test_sketch for sketches.
    os.environ |= {"REFIT_REPORT": "off", "REFIT_SKETCH": "off"}


@pytest.fixture(scope="session")
def sentences() -> list[dict[str, Any]]:
    return commands.read_rows(commands.SENTENCES)


@pytest.fixture(scope="session")
def train_rows(tmp_path_factory: pytest.TempPathFactory, sentences: list[dict[str, Any]]) -> Path:
    return commands.write_rows(tmp_path_factory.mktemp("train") / "feedback.jsonl", sentences[:200])


@pytest.fixture(scope="session")
def holdout_rows(tmp_path_factory: pytest.TempPathFactory, sentences: list[dict[str, Any]]) -> Path:
    return commands.write_rows(tmp_path_factory.mktemp("holdout") / "rows.jsonl", sentences[200:])


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, sentences: list[dict[str, Any]]) -> Path:
    return commands.make_tiny_bert(tmp_path_factory.mktemp("models") / "tiny", [row["text"] for row in sentences])


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, tiny: Path, train_rows: Path) -> Path:
    """A checkpoint that `train` published in this process."""
    from refit_trainer.commands.train import train

    output = tmp_path_factory.mktemp("checkpoints") / "reviews-1"
    train(json.dumps(commands.train_config(tiny, train_rows, output)))
    return output


@pytest.fixture
def checkpoint(published: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the published checkpoint, to change."""
    yield Path(shutil.copytree(published, tmp_path / "checkpoint"))


@pytest.fixture(scope="session")
def s3_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    if PROGRAM not in os.environ:
        pytest.skip(f"{PROGRAM} names no S3 server: `make test-trainer` builds one")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture
def s3(s3_process: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, and an environment that leads to it."""
    for name, value in s3_process.variables.items():
        monkeypatch.setenv(name, value)
    return s3_process


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(**variables: str) -> Server:
            server = Server(tmp_path, **variables)
            servers.callback(server.stop)
            return server

        yield start
