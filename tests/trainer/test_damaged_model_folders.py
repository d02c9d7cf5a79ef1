"""A good model folder with random damage is a model, or it is refused: never another exception, and no code is run.

Hypothesis chooses what is damaged, the same in every run: files go, are cut, have bytes changed, and values of their
JSON are replaced. What ends with BadInput ends a command with 64.
"""

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

NAMES = ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", "manifest.json")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 600),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.lists(st.integers(-1, 3), max_size=3),
    st.dictionaries(st.sampled_from(["0", "a", "type"]), st.sampled_from(["x", 1, None]), max_size=2),
    st.sampled_from(["GPT2ForSequenceClassification", "gpt2", "eval", "os.system", "../../etc/passwd"]),
)
DAMAGE = st.one_of(
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
    st.tuples(st.just("cut"), st.sampled_from(NAMES), st.floats(0, 1)),
    st.tuples(st.just("flip"), st.sampled_from(NAMES), st.floats(0, 0.999), st.integers(0, 255)),
    st.tuples(st.just("value"), st.sampled_from(NAMES[:3]), st.integers(0, 60), VALUES),
)
STARTED: list[str] = []


def damage(folder: Path, kind: str, name: str, *values: Any) -> None:
    """Damage a file, where an earlier damage has left one."""
    path = folder / name
    if not path.exists():
        return
    contents = bytearray(path.read_bytes())
    if kind == "remove":
        path.unlink()
    elif kind == "cut":
        path.write_bytes(contents[: int(len(contents) * values[0])])
    elif kind == "flip" and contents:
        contents[int(len(contents) * values[0])] = values[1]
        path.write_bytes(contents)
    elif kind == "value":
        with contextlib.suppress(ValueError):
            document = json.loads(contents)
            document[sorted(document)[values[0] % len(document)]] = values[1]
            path.write_text(json.dumps(document))


def watch(event: str, given: tuple[Any, ...]) -> None:
    """Note each process that is started, and each pickle that names something to import."""
    if event in ("subprocess.Popen", "os.system", "os.exec", "pickle.find_class"):
        STARTED.append(event)


def test_a_damaged_folder_is_a_model_or_refused(published: Path) -> None:
    task, ended = find_task("text-classification"), {"model": 0, "refused": 0}
    sys.addaudithook(watch)

    @hypothesis.settings(max_examples=40, derandomize=True, database=None, deadline=None)
    @hypothesis.given(st.lists(DAMAGE, min_size=1, max_size=3))
    def check(damages: list[tuple[Any, ...]]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(shutil.copytree(published, Path(scratch) / "model"))
            for one in damages:
                damage(folder, *one)
            STARTED.clear()
            try:
                verify_folder(folder, None, "file:///model")
                task.known_labels(folder)
                task.predict(task.load(folder), [Row({"text": "the film is good"})])
                ended["model"] += 1
            except BadInput as refused:
                assert str(folder) in str(refused) or "file:///model" in str(refused) or "classifier" in str(refused)
                ended["refused"] += 1
            assert not STARTED

    check()
    assert min(ended.values()) > 5, ended
