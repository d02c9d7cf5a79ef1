"""Everything in a bucket of a real S3 server, through the contract."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import fsspec
import httpx
import pytest

from refit_trainer.artifacts.checkpoint import find_published
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.object_store import download, list_names, read, remove, upload
from tests.support.trainer.commands import (
    COLUMNS,
    Ended,
    read_rows,
    run_command,
    start_command,
    train_config,
    write_rows,
)
from tests.support.trainer.s3_server import BUCKET, S3Server
from tests.support.trainer.server import Server


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path, tiny: Path, train_rows: Path, holdout_rows: Path) -> str:
    """A folder of a bucket with a model, and rows in two files beside an empty one that stands for the folder."""
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    more = [row | {"text": f"{row['text']} again"} for row in read_rows(train_rows)[100:]]
    half = write_rows(tmp_path / "more" / "more.jsonl", more)
    upload(tiny, f"{uri}/tiny", last="config.json")
    upload(train_rows.parent, f"{uri}/rows", last="")
    upload(half.parent, f"{uri}/rows", last="")
    upload(holdout_rows.parent, f"{uri}/holdout", last="")
    fsspec.filesystem("s3").call_s3("put_object", Bucket=BUCKET, Key=f"{tmp_path.name}/rows/", Body=b"")
    return uri


def config(bucket: str, **changes: Any) -> dict[str, Any]:
    return train_config(Path("/x"), Path("/x"), Path("/x")) | {
        "startFrom": {"uri": f"{bucket}/tiny"},
        "dataset": {"train": f"{bucket}/rows", "format": "jsonl", "columns": COLUMNS},
        "output": f"{bucket}/out",
        **changes,
    }


def done(ended: Ended) -> Ended:
    assert ended.code == 0, ended.output
    return ended


def test_a_model_is_trained_judged_and_served(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    trained = done(run_command("train", config(bucket), tmp_path)).message
    assert trained["checkpoint"] == f"{bucket}/out" and trained["rows"] == 300
    stored = s3.root / tmp_path.name / "out"
    manifest = json.loads((stored / "manifest.json").read_text())
    assert trained["digest"] == manifest["digest"] == digest_folder(stored)
    assert manifest["base"]["uri"] == f"{bucket}/tiny" and manifest["dataset"]["train"]["uri"] == f"{bucket}/rows"
    assert list_names(bucket) == ["holdout", "out", "rows", "tiny"], "nothing else stays beside the checkpoint"

    again = done(run_command("train", config(bucket), tmp_path))
    assert "train.already_published" in again.output and again.message == trained

    same = config(bucket, output=f"{bucket}/same", refused={trained["fingerprint"]: "reviews-1"})
    unchanged = done(run_command("train", same, tmp_path))
    assert unchanged.message == {"unchanged": trained["fingerprint"]}
    assert list_names(bucket) == ["holdout", "out", "rows", "tiny"], "no marker of an upload stays"

    judged = {
        "task": "text-classification",
        "candidate": {"uri": f"{bucket}/out"},
        "served": {"uri": f"{bucket}/out", "digest": trained["digest"]},
        "dataset": {"holdout": f"{bucket}/holdout", "format": "jsonl", "columns": COLUMNS | {"slice": "domain"}},
        "gate": {"metric": "accuracy"},
        "run": config(bucket)["run"],
    }
    verdict = done(run_command("judge", judged, tmp_path, REFIT_REPORT="on")).message
    assert verdict["candidate"] == verdict["served"] and verdict["candidate"]["digest"] == trained["digest"]
    assert {"README.md", "report.html"} <= set(list_names(f"{bucket}/out"))

    server = Server(tmp_path, MODEL_URI=f"{bucket}/out@{trained['digest']}", **s3.variables).wait()
    answer = server.post("/v1/predict", text="a fine day")
    server.stop()
    assert answer["model"] == trained["digest"]


@pytest.mark.parametrize("change", ["another digest", "a part of the model"])
def test_what_isnt_the_model_is_never_served(
    change: str, bucket: str, s3: S3Server, tmp_path: Path, published: Path
) -> None:
    folder = Path(shutil.copytree(published, tmp_path / "out"))
    digest = digest_folder(folder)
    if change == "another digest":
        (folder / "tokenizer_config.json").write_text("{}")
    else:
        (folder / "tokenizer.json").unlink()
    upload(folder, f"{bucket}/out", last="manifest.json")
    server = Server(tmp_path, MODEL_URI=f"{bucket}/out@{digest}", **s3.variables)
    output, _ = server.process.communicate(timeout=120)
    assert server.process.returncode == 64 and f"{bucket}/out has the digest" in output, output
    with pytest.raises(httpx.TransportError):
        server.client.get("/readyz")


def test_a_script_s_folder_becomes_a_checkpoint_in_the_bucket(bucket: str, tmp_path: Path, published: Path) -> None:
    folder = Path(shutil.copytree(published, tmp_path / "out", ignore=shutil.ignore_patterns("manifest.json")))
    (folder / "training_args.bin").write_bytes(b"pickle")
    upload(folder, f"{bucket}/out", last="")
    judged = {
        "task": "text-classification",
        "candidate": {"uri": f"{bucket}/out"},
        "dataset": {"holdout": f"{bucket}/holdout", "format": "jsonl", "columns": COLUMNS},
        "gate": {"metric": "accuracy"},
        "run": config(bucket)["run"],
    }
    digest = done(run_command("judge", judged, tmp_path)).message["candidate"]["digest"]
    names = list_names(f"{bucket}/out")
    assert "manifest.json" in names and "training_args.bin" not in names
    assert json.loads(read(f"{bucket}/out/manifest.json") or b"")["digest"] == digest == digest_folder(published)


def test_a_stopped_training_goes_on_from_the_bucket(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    longer = config(bucket, hyperparameters={"learning_rate": "5e-3", "batch_size": "4", "epochs": "8"})
    process = start_command("train", longer, tmp_path, REFIT_SAVE_SECONDS="0")
    assert process.stdout
    for line in process.stdout:
        if "state.saved" in line:
            break
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    kept = s3.names(f"{tmp_path.name}/.out.unfinished")
    assert len({name.split("/")[0] for name in kept}) == 1 and any(name.endswith("/state.json") for name in kept)
    assert find_published(f"{bucket}/out", Run(name="reviews-1", uid="uid-1")) is None

    ended = done(run_command("train", longer, tmp_path))
    assert "train.resumed step=" in ended.output
    assert list_names(bucket) == ["holdout", "out", "rows", "tiny"]


def test_what_somebody_else_stored_is_never_written_over(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    ended = run_command("train", config(bucket, output=f"{bucket}/rows"), tmp_path)
    assert ended.code == 64
    assert ended.message == {"error": f"output={bucket}/rows: something without a manifest is there"}
    with pytest.raises(BadInput, match="output=s3://shelf is a whole bucket"):
        find_published("s3://shelf", Run(name="reviews-1", uid="uid-1"))


def test_what_another_attempt_wrote_meanwhile_is_seen(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    assert read(f"{bucket}/late/a") is None and list_names(f"{bucket}/late") == []
    (tmp_path / "late").mkdir()
    for name in ("a", "b"):
        (tmp_path / "late" / name).write_text(name)
    shutil.copytree(tmp_path / "late", s3.root / tmp_path.name / "late")
    assert read(f"{bucket}/late/a") == b"a" and list_names(f"{bucket}/late") == ["a", "b"]
    (s3.root / tmp_path.name / "late" / "a").write_text("new")
    (tmp_path / "copied").mkdir()
    assert (download(f"{bucket}/late", tmp_path / "copied") / "a").read_text() == "new"
    remove(f"{bucket}/late")
    assert list_names(f"{bucket}/late") == [] and s3.names(f"{tmp_path.name}/late") == []
