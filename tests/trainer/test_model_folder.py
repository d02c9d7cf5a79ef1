import hashlib
import json
import pickle
from pathlib import Path

import pytest

from refit_trainer.errors import BadInput
from refit_trainer.model_folder import digest_folder, verify_folder


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
    (checkpoint / name).write_bytes((checkpoint / name).read_bytes() + b" ")
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


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_what_is_no_model_is_refused(checkpoint: Path, missing: str) -> None:
    (checkpoint / missing).unlink()
    with pytest.raises(BadInput, match="isn't a model folder"):
        digest_folder(checkpoint)
