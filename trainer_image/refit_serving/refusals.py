"""Why a request isn't answered, and what its client gets for it."""

import math


class Refused(Exception):
    """A request is refused with a status; `retry_after` are seconds until it may be sent again."""

    def __init__(self, status: int, message: str, retry_after: float | None = None, closes: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"Retry-After": str(max(1, math.ceil(retry_after)))} if retry_after is not None else {}
        self.headers |= {"Connection": "close"} if closes else {}


class InvalidRequest(Refused):
    """A document isn't what it should be; the message names the field and the value."""

    def __init__(self, message: str) -> None:
        super().__init__(422, message)
