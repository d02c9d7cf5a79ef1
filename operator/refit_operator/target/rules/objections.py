"""Why the containers that read the pointer can't be given a model, and where its annotations disagree. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from refit_operator.api.base import CHECKPOINT_ANNOTATION, MODEL_PATH_ANNOTATION, MODEL_URI_ANNOTATION
from refit_operator.api.pointer import PARTS, PLACES, annotations_of, place_annotation
from refit_operator.api.uris import ClaimPath, parse_pointer
from refit_operator.target.rules.readers import POINTER_FIELD, Reader

WIRING = (
    "no container reads the pointer; add to its env: "
    f'{{name: MODEL_URI, valueFrom: {{fieldRef: {{fieldPath: "{POINTER_FIELD}"}}}}}}, or, for a server that takes a '
    f"plain path or URI, the same of annotation {MODEL_PATH_ANNOTATION} (checkpoints on a claim), or "
    f"{MODEL_URI_ANNOTATION} (in a bucket)"
)


def unread(readers: Sequence[Reader], uri: str) -> str:
    """Return which container reads only the annotation that a model with this URI isn't written to; empty: none.

    A plain path can't name what is in a bucket, and a model on a claim has no URI that a server could fetch.
    """
    written = place_annotation(uri)
    reader = next((each for each in readers if each.annotations and not _can_read(each, written)), None)
    if reader is None:
        return ""
    read = ", ".join(sorted(reader.annotations.intersection(PLACES)))
    return (
        f"container {reader.name} reads annotation {read}, and {uri} is written to {written}: "
        f"have it read that one, or {CHECKPOINT_ANNOTATION}"
    )


def _can_read(reader: Reader, written: str) -> bool:
    return bool(reader.annotations & {CHECKPOINT_ANNOTATION, written})


def unmounted(readers: Sequence[Reader], place: ClaimPath) -> str:
    """Return which container would be given a plain path that it doesn't see; empty: none."""
    reader = next((r for r in readers if MODEL_PATH_ANNOTATION in r.annotations and not r.paths_of(place)), None)
    if reader is None:
        return ""
    return (
        f"container {reader.name} reads annotation {MODEL_PATH_ANNOTATION} and doesn't mount claim {place.claim!r}, "
        f"which {place.uri} is on: mount it"
    )


def scattered(readers: Sequence[Reader], place: ClaimPath) -> str:
    """Return that no path means the place to all readers, and where each of them sees it."""
    seen = [(reader.name, path) for reader in readers for path in reader.paths_of(place)]
    names = ", ".join(reader.name for reader in readers)
    if not seen:
        return f"container {names} reads the pointer and doesn't mount claim {place.claim!r}, which {place.uri} is on"
    where = ", ".join(f"container {name} at {path}" for name, path in seen)
    return (
        f"{place.uri} is seen by {where}, but one pointer has to mean the same to all that read it: "
        f"mount claim {place.claim!r} at the same path in {names}, and nothing else there"
    )


def disagreement(readers: Sequence[Reader], found: Mapping[str, str]) -> tuple[str, str]:
    """Return the annotation that contradicts refit.dev/checkpoint to a container that reads it, and how; empty: none.

    `found` are the template's annotations. What a container reads counts, and nothing else: a template from before
    these annotations, or a pointer that a user has set, has no parts, and whoever doesn't read them misses none.
    """
    pointer = found.get(CHECKPOINT_ANNOTATION, "")
    wanted = annotations_of(pointer)
    for reader, name in _read_parts(readers, found):
        value, right = found.get(name, ""), wanted.get(name, "")
        if value != right:
            return name, _contradiction(reader, value, right, pointer)
    parsed = parse_pointer(pointer)
    words = unread(readers, parsed.uri) if parsed else ""
    return (CHECKPOINT_ANNOTATION, words) if words else ("", "")


def _read_parts(readers: Sequence[Reader], found: Mapping[str, str]) -> Iterator[tuple[Reader, str]]:
    """Yield what each container reads of the parts; who is given all annotations reads those that are there."""
    for reader in readers:
        for name in PARTS:
            if name in reader.annotations or (not reader.annotations and found.get(name)):
                yield reader, name


def _contradiction(reader: Reader, value: str, right: str, pointer: str) -> str:
    is_now = f"is {value}" if value else "isn't set"
    says = f"{CHECKPOINT_ANNOTATION} is {pointer}" if pointer else f"{CHECKPOINT_ANNOTATION} isn't set"
    if right:
        remedy = f"set it to {right}, or {CHECKPOINT_ANNOTATION} and its parts to another model together"
    elif pointer:
        remedy = "remove it, or set the pointer's annotations to another model together"
    else:
        remedy = "remove it, and have the server start its first model where the variable is empty"
    return f"{is_now} to container {reader.name}, and {says}: {remedy}"
