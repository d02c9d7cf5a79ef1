"""How positive sentences are, as people rated them from -4 to 4: film reviews and tweets, from vaderSentiment (MIT)."""

import io
import json
import random
import tarfile
from pathlib import Path

from demo.data import GROUND_TRUTH, SEED, SENTENCES_PACKAGE, download, read_member
from localcluster.made_once import make_once

DOMAINS = ("movies", "tweets")


def ensure_scores() -> Path:
    """Return the folder with a file of rows for each domain, made first where it isn't there; whole or not at all."""
    return make_once("scores", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    with tarfile.open(download(SENTENCES_PACKAGE, scratch, "--no-binary=:all:")) as outer:
        inner = io.BytesIO(read_member(outer, "hutto_ICWSM_2014.tar.gz"))
    with tarfile.open(fileobj=inner) as archive:
        for domain in DOMAINS:
            text = read_member(archive, GROUND_TRUTH[domain]).decode()
            lines = [line.strip().split("\t") for line in text.split("\n") if line.strip()]
            rows = list(
                {sentence: {"text": sentence, "value": float(rating)} for _, rating, sentence in lines}.values()
            )
            random.Random(SEED).shuffle(rows)
            (target / f"{domain}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
