"""Which kinds the API server serves, as the dynamic client has found out, and which it doesn't know."""

import time
from collections.abc import Callable
from typing import Any

from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic import DynamicClient
from kubernetes.aio.dynamic.exceptions import ResourceNotFoundError

from refit_operator.kubernetes_api.errors import NotServed

KindName = tuple[str, str]
"""apiVersion and kind."""
ASKED_AGAIN_S = 30.0
"""How often the API server is asked again for a kind that it didn't know: each time it is asked for all of them."""
PATH_UNKNOWN = "404 page not found"
"""What the API server answers, instead of a Status, where it doesn't serve a path."""


class Discovery:
    """What the dynamic client has found out about kinds."""

    def __init__(self, dynamic: DynamicClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._dynamic = dynamic
        self._clock = clock
        self._unknown: dict[KindName, float] = {}

    async def resource(self, kind: KindName) -> Any:
        """Return the dynamic client's resource. Raises NotServed."""
        asked = self._unknown.get(kind)
        if asked is not None and self._clock() - asked < ASKED_AGAIN_S:
            raise not_served(kind)
        try:
            found = await self._dynamic.resources.get(api_version=kind[0], kind=kind[1])
        except ResourceNotFoundError as error:
            self._unknown[kind] = self._clock()
            raise not_served(kind) from error
        self._unknown.pop(kind, None)
        return found


def not_served(kind: KindName) -> NotServed:
    """Return the error of a kind that the API server doesn't know."""
    return NotServed(f"kind {kind[1]} of {kind[0]} isn't served here")


def is_gone(error: ApiException) -> bool:
    """Return whether a kind that was found before is served no longer: the path itself is unknown."""
    return error.status == 404 and PATH_UNKNOWN in str(error.body)
