"""A stand-in for the dynamic client and its resource, which keeps what is applied and gives one answer.

What the real one answers is seen in tests/cluster/test_overruled.py, test_stock_server.py and test_in_place.py.
"""

from typing import Any


class StandIn:
    """What is sent is in `sent`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.resources = answer, self
        self.sent: list[dict[str, Any]] = []

    async def get(self, **asked: Any) -> Any:
        return self

    async def server_side_apply(self, **sent: Any) -> dict[str, Any]:
        self.sent.append(sent)
        return self.answer
