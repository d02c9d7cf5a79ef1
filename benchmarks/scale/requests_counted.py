"""How often the API server was asked for what, from its own metrics."""

import re
from collections import Counter
from contextlib import closing

from tests.support.cluster.api_server import ApiServer

Counts = Counter[tuple[str, str, str]]
"""By verb, group and resource; those of a subresource are the resource's."""
_LINE = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
WRITES = ("POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION")
OURS = (("refit.dev", "modelmonitors"), ("refit.dev", "retrainruns"), ("events.k8s.io", "events"), ("batch", "jobs"))
"""What an operator of monitors writes; Events of the core group are the cluster's own, as those of Jobs."""
READ = (*OURS, ("apps", "deployments"))


def counted(text: str) -> Counts:
    """Return what the metrics say."""
    found = Counts()
    for labels, count in _LINE.findall(text):
        named = dict(_LABEL.findall(labels))
        found[named["verb"], named.get("group", ""), named["resource"]] += round(float(count))
    return found


def read_counts() -> Counts:
    """Ask the API server, over a connection of its own: one that waits for minutes is closed."""
    with closing(ApiServer()) as server:
        return counted(server.ask("GET", "/metrics")[1])


def writes(counts: Counts) -> int:
    """Return how many of them wrote what is an operator's."""
    return sum(number for (verb, *kind), number in counts.items() if verb in WRITES and tuple(kind) in OURS)


def reads(counts: Counts) -> int:
    """Return how many of them read what is an operator's: single objects, and pages of lists; not the watches."""
    return sum(number for (verb, *kind), number in counts.items() if verb in ("GET", "LIST") and tuple(kind) in READ)
