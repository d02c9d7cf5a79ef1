"""Sentences of four domains, and MiniLM, which learns one of them."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.scarce import Domain, Kind, Materials
from demo.data import ensure_data

DOMAINS = ("movies", "amazon", "tweets", "nyt")
LEARNT, JUDGED, ASKED = 1200, 700, 1000  # rows of each domain, in this order


def _read(materials: Materials) -> Mapping[str, Domain]:
    return {domain: _read_domain(materials["data"] / f"{domain}.jsonl") for domain in DOMAINS}


def _read_domain(path: Path) -> Domain:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    judged = LEARNT + JUDGED
    return Domain(asked=rows[judged : judged + ASKED], learnt=rows[:LEARNT], judged=rows[LEARNT:judged])


def _start(materials: Materials, folder: Path) -> Path:
    return materials["data"] / "minilm"


KIND = Kind(
    task="text-classification",
    materials={"data": ensure_data},
    start=_start,
    hyperparameters={"learning_rate": "1e-4"},
    read=_read,
)
