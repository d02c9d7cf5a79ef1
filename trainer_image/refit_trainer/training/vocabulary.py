"""Train only those rows of a word embedding that the texts use, to the weights that training all of them would give.

Some thousand texts use some thousand of a vocabulary's 30,000 tokens. The gradient of the other rows is zero in every
step, so that AdamW only decays them; still it fills, clips and updates all rows in each. Here it gets those in use, and
the others are decayed once, when the training is over.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn
from transformers import PreTrainedModel, TrainerCallback

from refit_trainer.distributed import collectives
from refit_trainer.training.compute import pick_device
from refit_trainer.training.encoded import Example, is_lazy

MOST_USED = 0.5
"""Share of the vocabulary: where the texts use more of it, all rows are trained."""
ABSENT = -1
IN_USE = "rows_in_use"
"""The buffer that says in a state which rows it has."""
log = logging.getLogger(__name__)


class UsedRows(nn.Module):  # type: ignore[misc]
    """Takes an embedding's place: its rows in use are the weights that learn, the others stay what they were."""

    def __init__(self, whole: nn.Embedding, used: Sequence[int]) -> None:
        super().__init__()
        self._whole = [whole]  # in a list, so that its weights are none of the network's
        self.register_buffer(IN_USE, torch.tensor(used))
        self._places = torch.full((whole.num_embeddings,), ABSENT)
        self._places[self.rows_in_use] = torch.arange(len(used))
        padding = ABSENT if whole.padding_idx is None else int(self._places[whole.padding_idx])
        self._padding = None if padding == ABSENT else padding  # torch counts a negative one from the end
        self.weight = nn.Parameter(whole.weight.detach()[self.rows_in_use])
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
            whole.weight[self.rows_in_use] = self.weight
        return whole


class DecayOthers(TrainerCallback):  # type: ignore[misc]
    """Has the rows decayed that the optimizer doesn't know."""

    def __init__(self, rows: UsedRows) -> None:
        self._rows = rows

    def on_optimizer_step(self, args: Any, state: Any, control: Any, optimizer: Any, **_: Any) -> None:
        """Decay by the step's learning rate, before the next one is set."""
        self._rows.decay(optimizer.param_groups)


def other_rows(folder: Path, network: Any) -> str:
    """Return why a saved state isn't of these weights, by its rows of the word embedding; else the empty string."""
    mine = next((value for name, value in network.state_dict().items() if name.endswith(f".{IN_USE}")), None)
    saved = _rows_of(folder)
    if (mine is None and saved is None) or (mine is not None and saved is not None and torch.equal(mine, saved)):
        return ""
    return "it has other rows of the word embedding"


def _rows_of(folder: Path) -> torch.Tensor | None:
    for file in folder.glob("model*.safetensors"):
        with safe_open(file, "pt") as weights:
            for name in weights.keys():  # noqa: SIM118  it is no mapping
                if name.endswith(f".{IN_USE}"):
                    return weights.get_tensor(name)
    return None


@contextmanager
def training_used_rows(network: Any, examples: Sequence[Example], special: Iterable[int]) -> Iterator[list[Any]]:
    """Have only the rows learn that examples use, where that is less; yield the callbacks that the training needs.

    `special` are tokens that batches have besides. On a GPU and with several processes all rows are trained.
    """
    place = _place(network) if _may_be_spared(examples) else None
    used = _used_rows(network, examples, special) if place else None
    if place is None or used is None:
        yield []
        return
    parent, name = place
    whole = getattr(parent, name)
    log.info("train.vocabulary used=%d of=%d", len(used), whole.num_embeddings)
    rows = UsedRows(whole, used)
    setattr(parent, name, rows)  # the network's own setter may put it into other places, too
    try:
        yield [DecayOthers(rows)]
    finally:
        setattr(parent, name, rows.merge())


def _may_be_spared(examples: Sequence[Example]) -> bool:
    """Tell whether rows that no example has need not be trained here, where the examples say which they have."""
    if pick_device().type != "cpu" or collectives.world_size() > 1:
        return False
    return bool(examples) and not is_lazy(examples) and "input_ids" in examples[0]


def _used_rows(network: Any, examples: Sequence[Example], special: Iterable[int]) -> list[int] | None:
    """Return the tokens in use; None where they are so many that leaving the others out would gain nothing."""
    words = network.get_input_embeddings()
    size = words.num_embeddings
    padding = getattr(network.config.get_text_config(), "pad_token_id", None)
    used = {token for token in (*special, padding, words.padding_idx) if token is not None and 0 <= token < size}
    for example in examples:
        used.update(example["input_ids"])
        if len(used) > MOST_USED * size:
            return None
    return sorted(used)


def _place(network: Any) -> tuple[nn.Module, str] | None:
    """Return the one place of a word embedding that learns and is nothing else, such as an output layer's matrix."""
    if not isinstance(network, PreTrainedModel):
        return None
    try:
        words = network.get_input_embeddings()
    except NotImplementedError:  # what transformers says of an architecture whose embedding it can't find
        return None
    if type(words) is not nn.Embedding or words.max_norm is not None or words.scale_grad_by_freq or words.sparse:
        return None
    names = [name for name, weight in network.named_parameters(remove_duplicate=False) if weight is words.weight]
    places = [
        (parent, name) for parent in network.modules() for name, child in parent._modules.items() if child is words
    ]
    return places[0] if len(names) == len(places) == 1 and words.weight.requires_grad else None
