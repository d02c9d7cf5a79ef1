"""Whether a request had the model for itself: only then its time is the model's, and not a queue's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Traffic:
    """The requests that are under way."""

    def __init__(self) -> None:
        self._under_way = 0
        self._begun = 0

    @contextmanager
    def follow(self, is_free: bool) -> Iterator[Callable[[], bool]]:
        """Count a request while this runs; its call says whether it has been the only one until now.

        `is_free`: whether the model computes nothing as the request comes, not even for a client that has left.
        """
        came_alone = is_free and not self._under_way
        self._under_way += 1
        self._begun += 1
        begun = self._begun
        try:
            yield lambda: came_alone and begun == self._begun
        finally:
            self._under_way -= 1
