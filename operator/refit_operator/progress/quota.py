"""How many tokens may be reviewed: at once, at once for one address, and of those that one address sent in vain."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 8
MOST_OF_ONE_ADDRESS = 2
MOST_REFUSED = 10
"""Unknown tokens that one address may send in PERIOD_SECONDS; a pod sends its own, which is known."""
PERIOD_SECONDS = 60.0
MOST_ADDRESSES = 4096


class Quota:
    """Reviews under way, and refused ones of the last minute, by address."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Say whether another token of this address may be reviewed now."""
        is_free = self._under_way.total() < MOST_AT_ONCE and self._under_way[address] < MOST_OF_ONE_ADDRESS
        return is_free and self._recent(address)[1] < MOST_REFUSED

    @contextmanager
    def review(self, address: str) -> Iterator[None]:
        """Count a review while it is under way."""
        self._under_way[address] += 1
        try:
            yield
        finally:
            self._under_way -= Counter([address])

    def note_refusal(self, address: str) -> None:
        """Count a token that nobody knows."""
        since, count = self._recent(address)
        self._refused[address] = (since, count + 1)
        self._refused.move_to_end(address)
        if len(self._refused) > MOST_ADDRESSES:
            self._refused.popitem(last=False)

    def _recent(self, address: str) -> tuple[float, int]:
        now = asyncio.get_running_loop().time()
        since, count = self._refused.get(address, (now, 0))
        return (since, count) if now - since < PERIOD_SECONDS else (now, 0)
