import hashlib
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from refit_trainer.artifacts.model_folder import digest_folder, verify_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train as run_train
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import judge_config, train_config


def test_the_digest_is_the_contracts(checkpoint: Path) -> None:
    names = sorted(path.name for path in checkpoint.iterdir() if path.name != "manifest.json")
    lines = "".join(f"{hashlib.sha256((checkpoint / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    assert digest_folder(checkpoint) == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def test_manifest_and_reports_are_not_the_model(checkpoint: Path) -> None:
    before = digest_folder(checkpoint)
    (checkpoint / "manifest.json").unlink()
    (checkpoint / "report.html").write_text("<p>")
    assert digest_folder(checkpoint) == before


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_one_changed_byte_is_another_model(checkpoint: Path, name: str) -> None:
    digest = digest_folder(checkpoint)
    before = (checkpoint / name).read_bytes()
    (checkpoint / name).write_bytes(before[:-1] + b"\x7f" if name == "model.safetensors" else before + b" ")
    with pytest.raises(BadInput, match=f"file:///served has the digest sha256:.*, not {digest}"):
        verify_folder(checkpoint, digest, "file:///served")


def test_one_more_file_is_another_model(checkpoint: Path) -> None:
    digest = digest_folder(checkpoint)
    (checkpoint / "vocab.txt").write_text("a")
    assert digest_folder(checkpoint) != digest


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "deep/er/state.PKL"])
def test_pickles_are_refused(checkpoint: Path, name: str) -> None:
    (checkpoint / name).parent.mkdir(parents=True, exist_ok=True)
    (checkpoint / name).write_bytes(pickle.dumps({}))
    with pytest.raises(BadInput, match=f"{name} is refused"):
        digest_folder(checkpoint)


@pytest.mark.parametrize("target", ["/etc/passwd", "config.json", "..", "/nowhere"])
def test_symlinks_are_refused(checkpoint: Path, target: str) -> None:
    (checkpoint / "vocab.txt").symlink_to(target)
    with pytest.raises(BadInput, match=r"vocab.txt is a symlink"):
        digest_folder(checkpoint)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_in_a_model_is_refused(checkpoint: Path, name: str) -> None:
    document = json.loads((checkpoint / name).read_text()) | {"auto_map": {"AutoModel": "mine.Model"}}
    (checkpoint / name).write_text(json.dumps(document))
    with pytest.raises(BadInput, match=f"{name} has an auto_map"):
        digest_folder(checkpoint)


def header(length: int, text: bytes = b"{}") -> bytes:
    return struct.pack("<Q", length) + text


TENSOR = b'{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}'


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (header(2**63), "its header of 9223372036854775808 bytes doesn't fit into 10"),
        (header(100_000_001, b"{}" * 60_000_000), "its header of 100000001 bytes doesn't fit"),
        (header(3), "its header of 3 bytes doesn't fit into 10"),
        (b"", "its header of 0 bytes doesn't fit into 0"),
        (header(2, b"[]"), "AttributeError in its header"),
        (header(2, b"{"), "doesn't fit"),
        (header(4, b"{no}"), "JSONDecodeError in its header"),
        (header(100_000, b"[" * 100_000), "RecursionError in its header"),
        (header(8, b'{"w": 1}'), "TypeError in its header"),
        (header(len(TENSOR), TENSOR + b"1234567"), "has 76 bytes, and its header tells of 77"),
        (pickle.dumps({"weights": [1.0] * 9}), "isn't safetensors"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_weights_that_are_none_are_refused(checkpoint: Path, contents: bytes, message: str) -> None:
    (checkpoint / "model.safetensors").write_bytes(contents)
    with pytest.raises(BadInput, match=f"model.safetensors.*{message}"):
        digest_folder(checkpoint)


@pytest.mark.parametrize("shard", ["../other/model.safetensors", "/etc/passwd", "missing.safetensors", "./a"])
def test_an_index_stays_in_its_folder(checkpoint: Path, shard: str) -> None:
    index = {"metadata": {}, "weight_map": {"a": "model.safetensors", "b": shard}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match=r"names .* which isn't a file of this folder"):
        digest_folder(checkpoint)
    index["weight_map"] = {"a": "model.safetensors"}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    assert digest_folder(checkpoint)


def test_an_adapter_that_names_another_model_is_refused(checkpoint: Path) -> None:
    (checkpoint / "adapter_config.json").write_text('{"base_model_name_or_path": "somebody/else"}')
    with pytest.raises(BadInput, match=r"adapter_config.json names another model to load"):
        digest_folder(checkpoint)


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors", "tf_model.h5", "deep/er/state.pkl"])
@pytest.mark.parametrize("command", ["train", "judge"])
def test_no_command_runs_a_payload(checkpoint: Path, train_rows: Path, tmp_path: Path, name: str, command: str) -> None:
    (checkpoint / name).parent.mkdir(parents=True, exist_ok=True)
    torch.save(Payload(tmp_path / "marker"), checkpoint / name)
    (checkpoint / "manifest.json").unlink()
    train = train_config(checkpoint, train_rows, tmp_path / "out")
    with pytest.raises(BadInput, match=name):
        run_train(json.dumps(train)) if command == "train" else judge(json.dumps(judge_config(checkpoint, train_rows)))
    assert not (tmp_path / "marker").exists() and not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_what_is_no_model_is_refused(checkpoint: Path, missing: str) -> None:
    (checkpoint / missing).unlink()
    with pytest.raises(BadInput, match="isn't a model folder"):
        digest_folder(checkpoint)
