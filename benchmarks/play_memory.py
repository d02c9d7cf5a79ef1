"""`python -m benchmarks.play_memory ROWS FILE`, inside the trainer image: the memory of one training of so many rows.

The command is `refit-train`, in a process of its own, from reading to publication; it trains for a few steps alone,
since each of them takes the same memory whatever the number of rows.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pages import Record
from tests.support.trainer.commands import SENTENCES, make_tiny_bert, read_rows, train_config

STEPS, BATCH = 50, 32
EVERY = 0.05  # seconds between two readings of a process
READINGS_PER_DISK = 20
"""So many readings of a process for one of the disk, which takes longer."""
FIELDS = {"VmHWM": "peak", "RssAnon": "anonymous", "RssFile": "mapped"}


def write_sentences(path: Path, rows: int) -> None:
    """Write so many short rows, nearly all of them different: words of real sentences, and a number."""
    words = sorted({word for row in read_rows(SENTENCES) for word in row["text"].split() if word.isalpha()})
    draw = random.Random(rows)
    with path.open("w") as file:
        for number in range(rows):
            text = f"{' '.join(draw.choices(words, k=6))} {number % (rows - rows // 50)}"
            file.write(json.dumps({"text": text, "label": draw.choice(("negative", "positive"))}) + "\n")


def measure(rows: int, folder: Path) -> Record:
    """Train once; return peaks in bytes and seconds."""
    model = make_tiny_bert(folder / "model", [row["text"] for row in read_rows(SENTENCES)])
    write_sentences(folder / "rows.jsonl", rows)
    settings = {"batch_size": str(BATCH), "epochs": str(min(1, STEPS * BATCH / rows))}
    config = train_config(model, folder / "rows.jsonl", folder / "output" / "out", hyperparameters=settings)
    temporary = folder / "temporary"
    temporary.mkdir()
    own = {"REFIT_CONFIG": json.dumps(config), "TMPDIR": str(temporary), "REFIT_TERMINATION_LOG": str(folder / "log")}
    started = time.monotonic()
    with (folder / "output.txt").open("w") as output:
        training = subprocess.Popen(
            [sys.executable, "-m", "refit_trainer", "train"], env=os.environ | own, stdout=output, stderr=output
        )
        peaks = follow(training, [temporary, folder / "output"])
    if training.returncode:
        sys.exit((folder / "output.txt").read_text()[-5000:])
    print((folder / "output.txt").read_text(), file=sys.stderr)
    seconds = round(time.monotonic() - started, 1)
    return {"rows": rows, "data": (folder / "rows.jsonl").stat().st_size, **peaks, "seconds": seconds}


def follow(training: "subprocess.Popen[bytes]", folders: list[Path]) -> dict[str, int]:
    """Return the greatest of what is seen of a process until it ends, and of the bytes in folders."""
    peaks: dict[str, int] = {"disk": 0}
    reading = 0
    while training.poll() is None:
        for name, size in read_status(training.pid):
            peaks[name] = max(peaks.get(name, 0), size)
        if reading % READINGS_PER_DISK == 0:
            peaks["disk"] = max(peaks["disk"], sum(map(size_of, folders)))
        reading += 1
        time.sleep(EVERY)
    return peaks


def read_status(process: int) -> Iterator[tuple[str, int]]:
    """Yield what the kernel says of a process's memory, in bytes."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return
    for name, _, value in (line.partition(":") for line in lines):
        if name in FIELDS:
            yield FIELDS[name], int(value.split()[0]) * 1024


def size_of(folder: Path) -> int:
    """Return the bytes that a folder's files take on disk; what is removed meanwhile counts as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH116, PTH118
            except FileNotFoundError:
                continue
    return total


def main(rows: str, file: str) -> None:
    """Measure, and write the record."""
    with tempfile.TemporaryDirectory() as folder:
        record = measure(int(rows), Path(folder))
    Path(file).write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
