"""Train only those rows of a word embedding that the texts use, to the weights that training all of them would give.

Some thousand texts use some thousand of a vocabulary's 30,000 tokens. The gradient of the other rows is zero in every
step, so that AdamW only decays them; still it fills, clips and updates all rows in each. Here it gets those in use, and
the others are decayed once, when the training is over.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, TrainerCallback

from refit_trainer.distributed import collectives
from refit_trainer.training.compute import pick_device
from refit_trainer.training.encoded import Example, is_lazy

MOST_USED = 0.5
"""Share of the vocabulary: where the texts use more of it, all rows are trained."""
ABSENT = -1
log = logging.getLogger(__name__)


class UsedRows(nn.Module):  # type: ignore[misc]
    """Takes an embedding's place: its rows in use are the weights that learn, the others stay what they were."""

    def __init__(self, whole: nn.Embedding, used: Sequence[int]) -> None:
        super().__init__()
        self._whole = [whole]  # in a list, so that its weights are none of the network's
        self._used = torch.tensor(used)
        self._places = torch.full((whole.num_embeddings,), ABSENT)
        self._places[self._used] = torch.arange(len(used))
        self._padding = None if whole.padding_idx is None else int(self._places[whole.padding_idx])
        self.weight = nn.Parameter(whole.weight.detach()[self._used])
        self.register_buffer("kept", torch.ones((), dtype=torch.float64))  # of the others' weights, after decay

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return a vector for each token; while the network learns, of those in use alone."""
        places = self._places[tokens]
        if self.training:
            return nn.functional.embedding(places, self.weight, self._padding)
        known = nn.functional.embedding(places.clamp(min=0), self.weight, self._padding)
        others = self._whole[0].weight.detach()[tokens] * self.kept.to(self.weight.dtype)
        return torch.where((places != ABSENT).unsqueeze(-1), known, others)

    def decay(self, groups: Iterable[dict[str, Any]]) -> None:
        """Decay the other rows as the optimizer did those in use in its last step."""
        for group in groups:
            if any(weight is self.weight for weight in group["params"]):
                self.kept *= 1 - group["lr"] * group["weight_decay"]

    def merge(self) -> nn.Embedding:
        """Return the embedding with what its rows have become."""
        [whole] = self._whole
        with torch.no_grad():
            whole.weight.mul_(self.kept.to(whole.weight.dtype))
            whole.weight[self._used] = self.weight
        return whole


class DecayOthers(TrainerCallback):  # type: ignore[misc]
    """Has the rows decayed that the optimizer doesn't know."""

    def __init__(self, rows: UsedRows) -> None:
        self._rows = rows

    def on_optimizer_step(self, args: Any, state: Any, control: Any, optimizer: Any, **_: Any) -> None:
        """Decay by the step's learning rate, before the next one is set."""
        self._rows.decay(optimizer.param_groups)


@contextmanager
def training_used_rows(network: Any, examples: Sequence[Example], special: Iterable[int]) -> Iterator[list[Any]]:
    """Have only the rows learn that examples use, where that is less; yield the callbacks that the training needs.

    `special` are tokens that batches have besides. On a GPU and with several processes all rows are trained.
    """
    used = _used_rows(network, examples, special)
    if used is None:
        yield []
        return
    whole = network.get_input_embeddings()
    log.info("train.vocabulary used=%d of=%d", len(used), whole.num_embeddings)
    rows = UsedRows(whole, used)
    network.set_input_embeddings(rows)
    try:
        yield [DecayOthers(rows)]
    finally:
        network.set_input_embeddings(rows.merge())


def _used_rows(network: Any, examples: Sequence[Example], special: Iterable[int]) -> list[int] | None:
    """Return the tokens in use; None where all rows have to learn, or leaving some out would gain nothing."""
    if pick_device().type != "cpu" or collectives.world_size() > 1:
        return None
    if not examples or is_lazy(examples) or "input_ids" not in examples[0] or not _is_only_looked_up(network):
        return None
    size = network.get_input_embeddings().num_embeddings
    used = {token for token in special if 0 <= token < size}
    for example in examples:
        used.update(example["input_ids"])
        if len(used) > MOST_USED * size:
            return None
    return sorted(used)


def _is_only_looked_up(network: Any) -> bool:
    """Tell whether the word embedding learns, and is nothing else, such as the matrix of an output layer."""
    if not isinstance(network, PreTrainedModel):
        return False
    try:
        words = network.get_input_embeddings()
    except NotImplementedError:  # what transformers says of an architecture whose embedding it can't find
        return False
    if type(words) is not nn.Embedding or words.max_norm is not None or words.scale_grad_by_freq or words.sparse:
        return False
    names = [name for name, weight in network.named_parameters(remove_duplicate=False) if weight is words.weight]
    return len(names) == 1 and bool(words.weight.requires_grad)
