"""Models and data from the hub: what is recorded names a commit, and nothing else asks the hub."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.hub import parse_uri
from tests.support.local import free_port
from tests.support.trainer.commands import Ended, run_command, train_config
from tests.support.trainer.fake_hub import COMMITS, FakeHub
from tests.support.trainer.server import Server

MAIN, V1 = COMMITS["main"], COMMITS["v1"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, tiny: Path, published: Path, train_rows: Path) -> Iterator[FakeHub]:
    """A model with a pickle beside its safetensors, as many have; a trained one; rows in a folder of a data set."""
    folder = tmp_path_factory.mktemp("hub")
    shutil.copytree(tiny, folder / "tiny")
    (folder / "tiny" / "pytorch_model.bin").write_bytes(b"pickle")
    shutil.copytree(train_rows.parent, folder / "rows" / "data")
    found = {"models/tests/tiny": folder / "tiny", "datasets/tests/rows": folder / "rows", "models/tests/it": published}
    server = FakeHub(found)
    yield server
    server.stop()


def train(hub: FakeHub, tmp_path: Path, model: str, rows: str, **variables: str) -> Ended:
    config = train_config(tmp_path, tmp_path, tmp_path / "out")
    config["startFrom"]["uri"], config["dataset"]["train"] = model, rows
    return run_command("train", config, tmp_path, **{"HF_ENDPOINT": hub.endpoint, **variables})


def test_what_is_recorded_names_a_commit(hub: FakeHub, tmp_path: Path, tiny: Path) -> None:
    hub.asked.clear()
    ended = train(hub, tmp_path, "hf://tests/tiny", "hf://datasets/tests/rows@v1/data")
    assert ended.code == 0, ended.output
    manifest: dict[str, Any] = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["base"] == {"uri": f"hf://tests/tiny@{MAIN}", "digest": digest_folder(tiny)}
    assert manifest["dataset"]["train"]["uri"] == f"hf://datasets/tests/rows@{V1}/data"
    assert manifest["rows"] == 200
    wanted = (f"/tests/tiny/resolve/{MAIN}/", f"/datasets/tests/rows/resolve/{V1}/data/")
    others = sorted({path for path in hub.asked if not path.startswith(wanted)})
    assert others == [
        "/api/datasets/tests/rows/revision/v1",
        f"/api/datasets/tests/rows/tree/{V1}",
        "/api/models/tests/tiny",
        f"/api/models/tests/tiny/tree/{MAIN}",
    ]
    assert not any("pytorch_model.bin" in path for path in hub.asked)


def test_the_hub_is_asked_only_where_a_uri_names_it(hub: FakeHub, tmp_path: Path, tiny: Path, train_rows: Path) -> None:
    hub.asked.clear()
    ended = train(hub, tmp_path, tiny.as_uri(), train_rows.as_uri())
    assert ended.code == 0 and hub.asked == [], ended.output


def test_a_model_of_the_hub_is_served(hub: FakeHub, tmp_path: Path, published: Path) -> None:
    server = Server(tmp_path, INITIAL_MODEL_URI="hf://tests/it@v1", HF_ENDPOINT=hub.endpoint).wait()
    answer = server.post("/v1/predict", text="a fine day")
    server.stop()
    assert answer["model"] == digest_folder(published)


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("hf://tests/nosuch", "hf://tests/nosuch: .*(404|not found|Not Found)"),
        ("hf://tests/tiny@nosuch", "hf://tests/tiny@nosuch: .*(404|not found|Not Found)"),
        ("hf://tests/tiny/nosuch", f"hf://tests/tiny@{MAIN}/nosuch doesn't exist"),
        ("hf://tiny", "hf://tiny isn't hf://owner/name"),
    ],
)
def test_what_isnt_on_the_hub_ends_with_64(hub: FakeHub, tmp_path: Path, model: str, error: str) -> None:
    ended = train(hub, tmp_path, model, tmp_path.as_uri())
    assert ended.code == 64 and re.match(error, ended.message["error"]), ended.output


def test_a_hub_that_isnt_reached_may_be_asked_again(hub: FakeHub, tmp_path: Path) -> None:
    ended = train(hub, tmp_path, "hf://tests/tiny", tmp_path.as_uri(), HF_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert ended.code == 1 and "hf://tests/tiny: " in ended.message["error"], ended.output


def test_nothing_is_published_to_the_hub(hub: FakeHub, tmp_path: Path) -> None:
    config = train_config(tmp_path, tmp_path, tmp_path) | {"output": "hf://tests/out"}
    ended = run_command("train", config, tmp_path, HF_ENDPOINT=hub.endpoint)
    assert ended.code == 64 and "the hub is read from, never written to" in ended.message["error"], ended.output


@pytest.mark.parametrize(
    ("uri", "pinned"),
    [
        ("hf://a/b", "hf://a/b@c"),
        ("hf://a/b@main/", "hf://a/b@c"),
        ("hf://a/b@refs%2Fpr%2F1/deep/file", "hf://a/b@c/deep/file"),
        ("hf://datasets/a/b@v1", "hf://datasets/a/b@c"),
    ],
)
def test_a_place_is_pinned(uri: str, pinned: str) -> None:
    assert parse_uri(uri).at("c") == pinned
    assert parse_uri("hf://a/b@refs%2Fpr%2F1").revision == "refs/pr/1"


@pytest.mark.parametrize("uri", ["hf://a", "hf://a/b@", "hf://a/b@c@d", "hf://a/b/@c", "hf:///a/b"])
def test_another_form_is_refused(uri: str) -> None:
    with pytest.raises(BadInput, match="isn't hf://owner/name"):
        parse_uri(uri)
