"""Several sequences in one, so that nothing is padded, and none of them sees another.

Position numbers start again with each sequence, from which transformers makes an attention that stays within it. Not
every network goes by them (recurrent ones don't): whether this one does is tried before it learns.
"""

import bisect
from collections.abc import Sequence
from typing import Any

import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.tasks.components.tokens import IGNORED_LABEL, Example

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Of the logits' standard deviation: how far rounding may part what is computed packed and alone."""
TRIED = 16  # tokens of each sequence that packing is tried on
Batch = dict[str, Any]


def pack(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return the places of the sequences in each pack: as many as fit, and one that is longer by itself.

    Best fit, the longest first (D.S. Johnson et al., "Worst-case performance bounds for simple one-dimensional packing
    algorithms", SIAM Journal on Computing 3, 1974): at most 11/9 of the fewest packs that there could be, and one.
    """
    packs: list[list[int]] = []
    rooms: list[tuple[int, int]] = []  # room that is left, and the pack's number, sorted
    for place in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = bisect.bisect_left(rooms, (lengths[place], -1))
        room, number = rooms.pop(at) if at < len(rooms) else (size, len(packs))
        if number == len(packs):
            packs.append([])
        packs[number].append(place)
        bisect.insort(rooms, (room - lengths[place], number))
    return packs


def join(examples: Sequence[Example]) -> Batch:
    """Return a pack as the network's inputs."""
    return {
        "input_ids": [number for one in examples for number in one.ids],
        "labels": [label for one in examples for label in one.labels],
        "position_ids": [place for one in examples for place in range(len(one))],
    }


def collate_packs(packs: Sequence[Batch], padding: int) -> Batch:
    """Return packs as a batch; what fills one up is a sequence of its own that nothing is learnt from.

    There is neither an attention mask nor a cache: with one of them transformers doesn't go by the position numbers.
    """
    longest = max(len(pack["input_ids"]) for pack in packs)
    rows: dict[str, list[list[int]]] = {"input_ids": [], "labels": [], "position_ids": []}
    for one in packs:
        missing = longest - len(one["input_ids"])
        rows["input_ids"].append([*one["input_ids"], *[padding] * missing])
        rows["labels"].append([*one["labels"], *[IGNORED_LABEL] * missing])
        rows["position_ids"].append([*one["position_ids"], *range(missing)])
    return {name: torch.tensor(values) for name, values in rows.items()} | {"use_cache": False}


def check_separate(network: Any, examples: Sequence[Example]) -> None:
    """Raise BadInput where the network computes something else for sequences in a pack than for each alone."""
    tried = [Example(one.ids[:TRIED], one.labels[:TRIED]) for one in examples[:3]]
    if len(tried) < 2:
        return
    was_training = network.training
    network.eval()
    with torch.no_grad():  # in the weights' own precision, in which rounding hides nothing
        packed = _logits(network, collate_packs([join(tried)], padding=0))
        alone = torch.cat([_logits(network, collate_packs([join([one])], padding=0)) for one in tried])
    network.train(was_training)
    apart = float((packed - alone).abs().max() / alone.std().clamp(min=1e-9))
    if apart > TOLERANCE[network.dtype]:
        raise BadInput(
            f"hyperparameters.packing: {type(network).__name__} computes something else for texts that are packed "
            f"together than for each alone (logits {apart:.2g} standard deviations apart): leave packing out"
        )


def _logits(network: Any, batch: Batch) -> Any:
    """Return the logits of one row, (tokens, vocabulary) in fp32."""
    inputs = {name: batch[name].to(network.device) for name in ("input_ids", "position_ids")}
    return network(**inputs, use_cache=batch["use_cache"]).logits[0].float()
