"""Random damage to the files of a model folder or a data set, chosen by hypothesis."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task

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
DEEP_DAMAGE = st.one_of(
    st.tuples(st.just("place"), st.sampled_from(NAMES[:4]), st.integers(0, 1000), VALUES),
    st.tuples(st.just("flip"), st.just("model.safetensors"), st.floats(0, 0.05), st.integers(0, 255)),
)
"""Of a value at any depth, in the head of the weights too."""
HEAD = 8  # bytes of the length of safetensors' head
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
    elif kind in ("value", "place"):
        with contextlib.suppress(ValueError):
            path.write_bytes(_replace(name, bytes(contents), find_places if kind == "place" else _top, *values))


def _replace(
    name: str, contents: bytes, find: Callable[[Any], Iterator[tuple[Any, Any]]], at: int, value: Any
) -> bytes:
    """Return a file's contents with one of the values in its JSON replaced."""
    size = int.from_bytes(contents[:HEAD], "little") if name.endswith(".safetensors") else None
    document = json.loads(contents if size is None else contents[HEAD : HEAD + size])
    if places := list(find(document)):
        inner, key = places[at % len(places)]
        inner[key] = value
    text = json.dumps(document).encode()
    return text if size is None else len(text).to_bytes(HEAD, "little") + text + contents[HEAD + size :]


def _top(document: Any) -> Iterator[tuple[Any, Any]]:
    return ((document, key) for key in sorted(document))


def find_places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each object and list in a document, with each key of it."""
    if isinstance(document, (dict, list)):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from find_places(document[key])


def watch(event: str, given: tuple[Any, ...]) -> None:
    """Note each process that is started, and each pickle that names something to import."""
    if event in ("subprocess.Popen", "os.system", "os.exec", "pickle.find_class"):
        STARTED.append(event)


def is_model(folder: Path) -> bool:
    """Tell whether a folder is loaded and answers, or is refused by name; no code is run in either case."""
    task = find_task("text-classification")
    STARTED.clear()
    try:
        verify_folder(folder, None, "file:///model")
        task.known_labels(folder)
        task.predict(task.load(folder), [Row({"text": "the film is good"})])
    except BadInput as refused:
        assert str(folder) in str(refused) or "file:///model" in str(refused) or "classifier" in str(refused)
        return False
    finally:
        assert not STARTED
    return True
