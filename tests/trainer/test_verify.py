"""`refit-verify` as a pod runs it: a process, its exit code and its termination message, on real checkpoints."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.verify import verify
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage import object_store
from tests.support.trainer.commands import environment
from tests.support.trainer.s3_server import BUCKET, S3Server

OTHER = "sha256:" + "0" * 64


def run(folder: Path, **variables: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the termination message."""
    message = folder / "termination-log"
    done = subprocess.run(
        [sys.executable, "-m", "refit_trainer", "verify"],
        env=environment(folder, **variables) | {"REFIT_TERMINATION_LOG": str(message)},
        check=False,
        capture_output=True,
        text=True,
    )
    print(done.stdout, done.stderr)
    return done.returncode, json.loads(message.read_text())


def test_a_checkpoint_with_its_digest_is_verified(published: Path, tmp_path: Path) -> None:
    digest = digest_folder(published)
    assert json.loads((published / "manifest.json").read_text())["digest"] == digest
    code, said = run(tmp_path, MODEL_PATH=str(published), MODEL_DIGEST=digest)
    assert (code, said) == (0, {"verified": str(published), "digest": digest})


def test_another_digest_ends_with_64_and_both_digests(published: Path, tmp_path: Path) -> None:
    code, said = run(tmp_path, MODEL_PATH=str(published), MODEL_DIGEST=OTHER)
    assert (code, said) == (64, {"error": f"{published} has the digest {digest_folder(published)}, not {OTHER}"})


def test_changed_weights_are_found_though_the_manifest_still_says_so(checkpoint: Path, tmp_path: Path) -> None:
    digest = digest_folder(checkpoint)
    weights = checkpoint / "model.safetensors"
    contents = bytearray(weights.read_bytes())
    contents[-1] ^= 1
    weights.write_bytes(contents)
    code, said = run(tmp_path, MODEL_PATH=str(checkpoint), MODEL_DIGEST=digest)
    assert code == 64
    assert said["error"].endswith(f"not {digest}")


@pytest.mark.parametrize("places", [{"MODEL_PATH": ""}, {"MODEL_URI": ""}, {"MODEL_PATH": "", "MODEL_URI": ""}])
def test_without_a_pointer_there_is_nothing_to_verify(tmp_path: Path, places: dict[str, str]) -> None:
    assert run(tmp_path, MODEL_DIGEST="", **places) == (0, {"verified": ""})


def test_the_whole_pointer_of_a_claim_is_verified_too(published: Path) -> None:
    digest = digest_folder(published)
    assert verify({"MODEL_URI": f"{published.as_uri()}@{digest}"}) == {"verified": published.as_uri(), "digest": digest}
    with pytest.raises(BadInput, match=f"has the digest {digest}, not {OTHER}"):
        verify({"MODEL_URI": f"{published.as_uri()}@{OTHER}"})


def test_a_link_leads_to_the_checkpoint_and_before_there_is_one_to_the_first_model(
    published: Path, tiny: Path, tmp_path: Path
) -> None:
    link, digest = tmp_path / "reviews", digest_folder(published)
    first = {"INITIAL_MODEL_URI": tiny.as_uri(), "MODEL_LINK": str(link)}
    assert verify({"MODEL_PATH": "", "MODEL_DIGEST": ""} | first)["digest"] == digest_folder(tiny)
    assert link.resolve() == tiny.resolve()
    verify({"MODEL_PATH": str(published), "MODEL_DIGEST": digest} | first)
    assert link.resolve() == published.resolve()
    with pytest.raises(BadInput, match="has the digest"):
        verify({"MODEL_PATH": str(tiny), "MODEL_DIGEST": digest} | first)
    assert link.resolve() == published.resolve()


def test_a_first_model_may_have_a_digest_which_is_verified(tiny: Path) -> None:
    with pytest.raises(BadInput, match=f"not {OTHER}"):
        verify({"MODEL_PATH": "", "INITIAL_MODEL_URI": f"{tiny.as_uri()}@{OTHER}"})


def refusals(published: Path) -> dict[str, tuple[dict[str, str], str]]:
    digest, path = digest_folder(published), str(published)
    return {
        "nothing is read": ({"MODEL_DIGEST": digest}, "neither MODEL_PATH nor MODEL_URI is set"),
        "no digest": ({"MODEL_PATH": path}, "MODEL_DIGEST is empty"),
        "no digest for a URI": ({"MODEL_URI": "s3://models/a", "MODEL_DIGEST": ""}, "MODEL_DIGEST is empty"),
        "the wrong annotation": ({"MODEL_URI": "", "MODEL_DIGEST": digest}, "the model's place is empty"),
        "both": ({"MODEL_PATH": path, "MODEL_URI": "s3://models/a", "MODEL_DIGEST": digest}, "are both set"),
        "two digests": ({"MODEL_URI": f"s3://models/a@{OTHER}", "MODEL_DIGEST": digest}, "another digest than"),
        "half a digest": ({"MODEL_PATH": path, "MODEL_DIGEST": digest[:40]}, "64 hexadecimal digits"),
        "no such folder": ({"MODEL_PATH": f"{path}-x", "MODEL_DIGEST": digest}, "mount the claim in this container"),
        "a relative path": ({"MODEL_PATH": "models/a", "MODEL_DIGEST": digest}, "isn't an absolute path"),
        "a file": ({"MODEL_PATH": f"{path}/config.json", "MODEL_DIGEST": digest}, "isn't a model folder"),
        "a link to what is fetched": (
            {"MODEL_URI": "s3://models/a", "MODEL_DIGEST": digest, "MODEL_LINK": "/tmp/reviews"},
            "s3://models/a is fetched: set MODEL_DIR",
        ),
        "a link where a folder is": (
            {"MODEL_PATH": path, "MODEL_DIGEST": digest, "MODEL_LINK": path},
            "must be a new name in an emptyDir",
        ),
        "a link in no folder": (
            {"MODEL_PATH": path, "MODEL_DIGEST": digest, "MODEL_LINK": f"{path}-x/reviews"},
            "must be a new name in an emptyDir",
        ),
        "a first model that isn't there": ({"MODEL_PATH": "", "INITIAL_MODEL_URI": "file:///nowhere"}, "doesn't exist"),
        "a folder for what isn't fetched": (
            {"MODEL_PATH": path, "MODEL_DIGEST": digest, "MODEL_DIR": "/tmp"},
            "is mounted: set MODEL_LINK",
        ),
        "a folder that isn't there": (
            {"MODEL_URI": "s3://models/a", "MODEL_DIGEST": digest, "MODEL_DIR": f"{path}-x"},
            "mount an emptyDir there",
        ),
    }


def test_what_cant_be_verified_is_refused_with_what_to_do(published: Path) -> None:
    for name, (variables, words) in refusals(published).items():
        with pytest.raises(BadInput) as caught:
            verify(variables)
        assert words in str(caught.value), name


def test_a_pickle_is_refused_whatever_its_digest(checkpoint: Path) -> None:
    (checkpoint / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(BadInput, match="not pickles"):
        verify({"MODEL_PATH": str(checkpoint), "MODEL_DIGEST": OTHER})


def test_a_checkpoint_in_a_bucket_is_fetched_verified_and_put_where_the_server_reads(
    s3: S3Server, published: Path, tmp_path: Path
) -> None:
    uri, digest = f"s3://{BUCKET}/verified/reviews-1", digest_folder(published)
    object_store.upload(published, uri, last="manifest.json")
    (tmp_path / "of-an-earlier-start").write_text("x")
    (tmp_path / "old").mkdir()
    asked = {"MODEL_URI": uri, "MODEL_DIGEST": digest, "MODEL_DIR": str(tmp_path)}
    assert verify(asked) == {"verified": uri, "digest": digest}
    assert digest_folder(tmp_path) == digest
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in published.iterdir()}


def test_a_file_uri_is_moved_nowhere(published: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(published, tmp_path / "model"))
    with pytest.raises(BadInput, match="is for a model that is fetched"):
        verify({"MODEL_URI": f"{copy.as_uri()}@{digest_folder(copy)}", "MODEL_DIR": str(tmp_path)})
    assert digest_folder(copy) == digest_folder(published)
