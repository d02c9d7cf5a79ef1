"""The progress endpoint's certificate is kept as long as it is good by the API server's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.kubernetes_api.progress_server import KEYS
from refit_operator.progress.certificates import make_bundle
from refit_operator.progress.setup import ensure_bundle

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DATE = "Wed, 25 Nov 2026 12:00:00 GMT"
HOST = "progress.refit-system.svc"
SECRET = Ref("refit-system", "refit-progress-tls")


class Kept:
    """A stand-in for the API server: it has the Secret, and notes what is written."""

    def __init__(self, made: datetime) -> None:
        bundle = make_bundle(HOST, made)
        values = (bundle.authority, bundle.certificate, bundle.key)
        self.values = {key: value.rstrip("\n") for key, value in zip(KEYS, values, strict=True)}
        self.written: list[Any] = []

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str:
        assert Ref(namespace, name) == SECRET
        return self.values[key]

    async def create(self, kind: tuple[str, str], namespace: str, body: Any) -> Any:
        self.written.append(body)
        return body


@pytest.mark.parametrize(
    ("made", "kept"),
    [(NOON - timedelta(days=1), True), (NOON + timedelta(days=1), False)],
    ids=["good", "made by a clock that was ahead"],
)
@pytest.mark.parametrize("off", [timedelta(0), timedelta(days=-400), timedelta(days=400)])
async def test_whether_it_is_good_the_api_servers_clock_says(made: datetime, kept: bool, off: timedelta) -> None:
    clock = Clock(lambda: NOON + off)
    clock.observe_date(DATE)
    server: Any = Kept(made)
    await ensure_bundle(server, SECRET, HOST, clock)
    assert (server.written == []) is kept
