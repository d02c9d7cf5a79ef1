"""A model's head and its label names: read from config.json, or initialized for the labels of the rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model

ONE, SEVERAL, NUMBER = "single_label_classification", "multi_label_classification", "regression"
"""What a head is for, by the name in `problem_type`."""
GIVES = {ONE: "one of a few labels", SEVERAL: "any number of labels to an input", NUMBER: "a number"}


def read_labels(folder: Path, endings: str | tuple[str, ...], wanted: str = ONE) -> tuple[str, ...] | None:
    """Return the label names in config.json; None where no architecture has a head that is named so.

    Raise BadInput where the head says that it is for something else than what is wanted.
    """
    config = read_config(folder)
    if (kind := config.get("problem_type")) not in (None, wanted):
        given, asked = GIVES.get(str(kind)), GIVES[wanted]
        why = f"its head gives {given}, not {asked}" if given else f"for {asked} it is {wanted!r} or none"
        raise BadInput(f"{folder}: problem_type {kind!r:.60} in config.json: {why}")
    if not has_head(config, endings):
        return None
    with refusing_model(folder / "config.json"):
        names = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(config.get("num_labels", 2))}
        return tuple(str(names[key]) for key in sorted(names, key=int))


def read_config(folder: Path) -> dict[str, Any]:
    """Return what config.json has; raise BadInput where it isn't an object."""
    with refusing_model(folder / "config.json"):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise BadInput(f"{folder}: config.json isn't an object")
    return config


def has_head(config: Mapping[str, Any], endings: str | tuple[str, ...]) -> bool:
    """Tell whether one of a configuration's architectures is named as those with a head are."""
    architectures = config.get("architectures")
    return isinstance(architectures, list) and any(str(name).endswith(endings) for name in architectures)


def load_network(
    auto: Any, folder: Path, labels: Sequence[str], has_head: bool, in_backbone: tuple[str, ...] = ()
) -> Any:
    """Load a network in fp32, with a new head where it has none; raise BadInput where its own weights are lacking.

    Weights with one of `in_backbone` in their names belong to the labels too, and are initialized with the head.
    """
    network, found = auto.from_pretrained(
        folder,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # they are told below, by name
    )
    with_labels = () if has_head else in_backbone
    unfit = [name for name, *_ in found["mismatched_keys"] if not any(part in name for part in with_labels)]
    if unfit:
        raise BadInput(f"{folder}: the weights don't fit config.json: {', '.join(sorted(unfit)[:5])}")
    if has_head:
        check_whole(folder, found["missing_keys"])
    return network


def check_whole(folder: Path, missing: Iterable[str], new: tuple[str, ...] = ()) -> None:
    """Raise BadInput where weights are missing whose names don't begin as those that are to be initialized."""
    if lacking := sorted(name for name in missing if not name.startswith(new)):
        raise BadInput(f"{folder}: the weights lack {', '.join(lacking[:5])}")


def find_last_layer(network: Any, labels: int) -> Any | None:
    """Return the linear layer that gives the logits; None where the network doesn't end in one."""
    layers = [module for module in network.modules() if isinstance(module, torch.nn.Linear)]
    return layers[-1] if layers and layers[-1].out_features == labels else None


def keep_last_layer_exact(network: Any, labels: int) -> None:
    """Have the last layer multiply in fp32 inside autocast too.

    Where the features differ little beside their mean, its weights are large, and in bf16's eight binary digits the
    products drown the differences. The layer is too small for this to cost time.
    """
    layer = find_last_layer(network, labels)
    if layer is not None:
        layer.register_forward_hook(_multiply_in_fp32)


def _multiply_in_fp32(layer: Any, given: tuple[Any, ...], _: Any) -> Any:
    (features,) = given
    with torch.autocast(features.device.type, enabled=False):
        return layer.forward(features.to(layer.weight.dtype))
