"""Which of two models was right once a label comes: the one that serves, or the one that answers copies."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from refit_serving.memory import ENTRY, weigh

KEPT = 10_000  # answers to copies that wait for their label; the oldest are forgotten first
KEPT_BYTES = 32 << 20  # that they take in memory, beside the model that serves
RIGHT = ("both", "served", "mirrored", "neither")
IsRight = Callable[[Any, Any], bool]
log = logging.getLogger(__name__)


class MirroredLabels:
    """Keeps answers to copies by their id, and counts who was right."""

    def __init__(self, is_right: IsRight, registry: CollectorRegistry) -> None:
        self._is_right = is_right
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        """Each answer, and the bytes that it takes."""
        self._bytes = 0
        self._digest = ""
        self._counter = Counter(
            "refit_mirror_labelled",
            "Labelled inputs, by which model was right.",
            ["digest", "right"],
            registry=registry,
        )

    def begin(self, digest: str) -> None:
        """Count for another model, and forget the answers of the one before."""
        self._digest = digest
        self.forget()
        self._counter.clear()
        for right in RIGHT:
            self._counter.labels(digest, right)

    def keep(self, key: str, answer: Any) -> None:
        """Keep an answer until its label comes."""
        self._take(key)
        weight = ENTRY + weigh(answer)
        self._kept[key] = (answer, weight)
        self._bytes += weight
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._take(next(iter(self._kept)))

    def forget(self) -> None:
        """Keep none of the answers any longer; what has been counted stays."""
        self._kept.clear()
        self._bytes = 0

    def judge(self, key: str, served: Any, truth: Any) -> None:
        """Count a label, where the input was copied. Whatever the other model answered, no label fails by it."""
        if key not in self._kept:
            return
        try:
            found = (self._is_right(served, truth), self._is_right(self._take(key), truth))
        except Exception as error:
            log.debug("mirror.not_judged error=%r", error)
            return
        names = {(True, True): "both", (True, False): "served", (False, True): "mirrored", (False, False): "neither"}
        self._counter.labels(self._digest, names[found]).inc()

    def _take(self, key: str) -> Any:
        answer, weight = self._kept.pop(key, (None, 0))
        self._bytes -= weight
        return answer
