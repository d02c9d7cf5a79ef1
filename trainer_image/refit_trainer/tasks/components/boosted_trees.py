"""Boosted trees, as XGBoost keeps them in JSON: read, checked, and as a checkpoint's folder.

XGBoost follows a tree's numbers without looking whether they are of the tree; so this does first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import xgboost

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.tasks.components.features import Feature
from refit_trainer.tasks.components.heads import read_config

TREES, CONFIG = "model.json", "config.json"
KIND = "xgboost"
LEAF = -1


@dataclass
class Trees:
    """A booster and what it is given; no booster where nothing was learnt yet."""

    booster: Any
    features: tuple[Feature, ...]


def read_outline(folder: Path) -> tuple[tuple[str, ...], tuple[Feature, ...]] | None:
    """Return labels and features of a folder, None where it is one that nothing was learnt in."""
    config = read_config(folder)
    if config.get("model_type") != KIND:
        raise BadInput(f"{folder}: model_type {config.get('model_type')!r:.60} in config.json, not {KIND!r}")
    if "labels" not in config:
        return None
    with refusing_model(folder / CONFIG):
        labels = tuple(str(label) for label in config["labels"])
        features = tuple(Feature(str(one["column"]), _names(one["names"])) for one in config["features"])
    return labels, features


def load_trees(folder: Path, labels: Sequence[str], features: tuple[Feature, ...]) -> Trees:
    """Read the trees of a folder; raise BadInput where they aren't trees over these features."""
    contents = (folder / TREES).read_bytes()
    with refusing_model(folder / TREES):
        _check(json.loads(contents)["learner"], len(labels), len(features))
        booster = xgboost.Booster()
        booster.load_model(bytearray(contents))
        booster.set_param({"nthread": torch.get_num_threads()})
    return Trees(booster, features)


def save_trees(trees: Trees, labels: Sequence[str], folder: Path) -> None:
    """Write a folder that this reads again, and whose trees XGBoost itself reads."""
    features = [asdict(feature) for feature in trees.features]
    config = {"model_type": KIND, "labels": list(labels), "features": features}
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=2))
    (folder / TREES).write_bytes(bytes(trees.booster.save_raw("json")))


def _names(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(str(name) for name in value)


def _check(learner: Mapping[str, Any], labels: int, features: int) -> None:
    """Raise where the numbers of a model don't fit each other."""
    parameters, model = learner["learner_model_param"], learner["gradient_booster"]["model"]
    classes, columns = int(parameters["num_class"]), int(parameters["num_feature"])
    if (classes, columns) != (labels, features) or learner["objective"]["name"] != "multi:softprob":
        raise ValueError(f"{classes} classes of {columns} columns, where config.json has {labels} and {features}")
    if learner["gradient_booster"]["name"] != "gbtree" or len(model["tree_info"]) != len(model["trees"]):
        raise ValueError("not a list of trees, each of a class")
    if any(not 0 <= int(group) < labels for group in model["tree_info"]):
        raise ValueError("a tree is of a class that isn't there")
    for number, tree in enumerate(model["trees"]):
        if not _is_tree(tree, features):
            raise ValueError(f"tree {number} has nodes or columns that aren't there")


def _is_tree(tree: Mapping[str, Any], features: int) -> bool:
    """Tell whether each node is a leaf, or has two nodes after it, each of one parent, and a column that is there."""
    left, right, columns = tree["left_children"], tree["right_children"], tree["split_indices"]
    size = len(left)
    lists = (right, columns, tree["split_conditions"], tree["default_left"], tree["parents"], tree["base_weights"])
    param = tree["tree_param"]
    if not size or any(len(one) != size for one in lists) or int(param["num_nodes"]) != size:
        return False
    if any(tree["split_type"]) or tree["categories"] or int(param["size_leaf_vector"]) > 1:
        return False
    inner = [node for node in range(size) if left[node] != LEAF]
    children = [child for node in inner for child in (left[node], right[node])]
    return (
        sorted(children) == list(range(1, size))
        and all(node < min(left[node], right[node]) for node in inner)
        and all(0 <= columns[node] < features for node in inner)
        and all(right[node] == LEAF for node in range(size) if left[node] == LEAF)
    )
