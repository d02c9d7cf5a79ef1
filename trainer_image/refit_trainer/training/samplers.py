"""Batches of rows of similar length, so that little is padded."""

from collections.abc import Iterator, Sequence

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
        self._lengths, self._batch, self._seed = lengths, batch_size, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of that epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        return (row for batch in self._batches() for row in batch)

    def _batches(self) -> list[list[int]]:
        """Return the epoch's batches; the last one may be smaller."""
        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        drawn = _cut(torch.randperm(len(self._lengths), generator=generator).tolist(), MEGABATCH * self._batch)
        parts = [sorted(part, key=self._lengths.__getitem__, reverse=True) for part in drawn]
        *full, last = [batch for part in parts for batch in _cut(part, self._batch)]
        full = [full[i] for i in torch.randperm(len(full), generator=generator)]
        longest = max(full, key=lambda batch: self._lengths[batch[0]], default=last)
        return [longest, *(batch for batch in [*full, last] if batch is not longest)]


def _cut(rows: Sequence[int], size: int) -> list[list[int]]:
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)]
