"""Batches of rows of similar length, so that little is padded."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import torch
from torch.utils.data import Sampler

MEGABATCH = 50
"""Batches whose rows are sorted together, as Hugging Face's LengthGroupedSampler has it."""


class LengthGroupedSampler(Sampler):  # type: ignore[misc]
    """Rows in batches of like length; their order is a function of seed and epoch alone.

    The Trainer's own sampler sorts a quarter of the rows at once at most, so that a small set is padded much, and goes
    from the longest rows to the shortest again and again. Here a small set is sorted whole and its batches shuffled.
    As there, the batch with the longest row comes first: where memory runs out, it does so at once.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        """`lengths` are the rows' in tokens."""
        self._lengths, self._batch, self._seed = np.asarray(lengths), batch_size, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of that epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Yield the epoch's rows, batch by batch; the last one may be smaller.

        Four to eight bytes a row are kept of them, and no Python number.
        """
        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        kind = torch.int32 if len(self._lengths) < 2**31 else torch.int64
        rows = torch.randperm(len(self._lengths), generator=generator, dtype=kind).numpy()
        for start in range(0, len(rows), MEGABATCH * self._batch):
            part = rows[start : start + MEGABATCH * self._batch]
            part[:] = part[np.argsort(-self._lengths[part], kind="stable")]
        last = (len(rows) - 1) // self._batch
        batches = np.append(torch.randperm(last, generator=generator).numpy(), last)
        longest = int(np.argmax(self._lengths[rows[batches[:-1] * self._batch]])) if last else 0
        for batch in chain([batches[longest]], batches[:longest], batches[longest + 1 :]):
            yield from rows[batch * self._batch : (batch + 1) * self._batch].tolist()
