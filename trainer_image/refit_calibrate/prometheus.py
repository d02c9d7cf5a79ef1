"""A history from Prometheus: the monitor's own query, read on a grid."""

import json
import urllib.error
import urllib.parse
import urllib.request
from itertools import groupby

from refit_calibrate.history import Block
from refit_trainer.contract.errors import BadInput

TIMEOUT = 60.0  # seconds
Readings = list[tuple[float, float]]
"""Times in seconds since 1970, and shares of right answers."""


def read_range(server: str, query: str, start: float, end: float, step: float) -> Readings:
    """Ask `/api/v1/query_range`; raise BadInput where the answer isn't one series of shares."""
    fields = {"query": query, "start": start, "end": end, "step": step}
    url = f"{server.rstrip('/')}/api/v1/query_range?{urllib.parse.urlencode(fields)}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
            series = json.load(reply)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise BadInput(f"{server}: {error.code}: {error.read(500).decode(errors='replace')}") from None
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{server}: {error}") from None
    if len(series) != 1:
        raise BadInput(f"query={query!r} gives {len(series)} series, not one")
    return [(float(time), float(value)) for time, value in series[0]["values"] if 0 <= float(value) <= 1]


def cut_readings(readings: Readings, labels: int, blocks: int, drift: float | None) -> list[Block]:
    """Return blocks of neighbouring readings of so many labels each, those from the time `drift` on as drifted."""
    size = max(1, len(readings) // blocks)
    numbered = enumerate(readings)
    parts = groupby(numbered, key=lambda item: (item[0] // size, drift is not None and item[1][0] >= drift))
    return [_block([reading for _, reading in part], labels, is_drifted) for (_, is_drifted), part in parts]


def _block(readings: Readings, labels: int, is_drifted: bool) -> Block:
    total = labels * len(readings)
    right = round(sum(share for _, share in readings) * labels)
    return Block(readings[0][0], total, right, is_drifted)
