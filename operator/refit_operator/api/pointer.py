"""The checkpoint pointer as annotations of a pod template: whole, and in the parts that stock servers read as they are.

`refit.dev/checkpoint` is the pointer; the others follow from it and are written, restored and removed with it.
"""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import (
    CHECKPOINT_ANNOTATION,
    MODEL_DIGEST_ANNOTATION,
    MODEL_PATH_ANNOTATION,
    MODEL_URI_ANNOTATION,
)
from refit_operator.api.uris import parse_claim_uri, parse_pointer

PLACES = (CHECKPOINT_ANNOTATION, MODEL_PATH_ANNOTATION, MODEL_URI_ANNOTATION)
"""The annotations that say where the model is: what reads one of them reads the pointer."""
PARTS = (MODEL_PATH_ANNOTATION, MODEL_URI_ANNOTATION, MODEL_DIGEST_ANNOTATION)
ANNOTATIONS = (CHECKPOINT_ANNOTATION, *PARTS)
CONFIG_MAP_SUFFIX = "-pointer"
"""Of the ConfigMap that has a target's pointer where it is updated in place."""
POINTER_KEY, PREVIOUS_KEY = "checkpoint", "previous"
"""Its keys: the pointer, and what it replaced, so that what was written once isn't written again."""
Path = tuple[str, ...]
"""The keys of a field, from the outermost on."""


@dataclass(frozen=True)
class Fields:
    """What a pointer is written as on an object of one kind."""

    kind: tuple[str, str]
    """apiVersion and kind."""
    values: dict[Path, str]
    places: tuple[Path, ...]
    """All that the operator may write there: what isn't among the values is removed."""


def value_at(document: dict[str, Any], path: Path) -> Any:
    """Return what a document has there, None where it has nothing."""
    found: Any = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def show_path(path: Path) -> str:
    """Return a field as messages name it: an annotation by its name alone."""
    return f"annotation {path[-1]}" if path[-1] in ANNOTATIONS else ".".join(path)


def config_map_name(target: str) -> str:
    """Return the name of a target's ConfigMap."""
    return f"{target}{CONFIG_MAP_SUFFIX}"


def annotations_of(text: str) -> dict[str, str]:
    """Return what a pointer is written as, by annotation; nothing for the empty pointer.

    A pointer that a user has set without a digest has no refit.dev/model-digest.
    """
    pointer = parse_pointer(text)
    if pointer is None:
        return {}
    place = {place_annotation(pointer.uri): pointer.uri.removeprefix("file://")}
    digest = {MODEL_DIGEST_ANNOTATION: pointer.digest} if pointer.digest else {}
    return {CHECKPOINT_ANNOTATION: text, **place, **digest}


def place_annotation(uri: str) -> str:
    """Return the annotation that says where a model with that URI is: its plain path, or its URI without the digest."""
    is_path = uri.startswith(("file:///", "/")) or parse_claim_uri(uri) is not None
    return MODEL_PATH_ANNOTATION if is_path else MODEL_URI_ANNOTATION
