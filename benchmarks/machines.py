"""`python -m benchmarks.machines`, in the trainer image: one training by one machine and by two, for docs/how-to.

Machines are commands on this one; the network is loopback. Seconds are the trainer's own:
from reading the configuration to the publication, torch imported. Each is the least of the repetitions.
"""

import json
import re
import tempfile
from pathlib import Path

from tests.support.local import free_port
from tests.support.trainer.commands import (
    SENTENCES,
    Ended,
    finish,
    make_tiny_bert,
    read_rows,
    start_command,
    train_config,
    write_rows,
)

SIZE = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
SETTINGS = {"learning_rate": "1e-4", "batch_size": "20", "epochs": "8"}
REPETITIONS = 2
CASES = {"one machine, 1 thread": (1, 1), "two machines, 1 thread each": (2, 1), "one machine, 2 threads": (1, 2)}


def make_model(folder: Path, texts: list[str]) -> Path:
    """Write an untrained BERT of 4 layers, 256 wide, without dropout."""
    from transformers import AutoConfig, AutoModel

    make_tiny_bert(folder, texts)
    AutoModel.from_config(AutoConfig.from_pretrained(folder, **SIZE, **NO_DROPOUT)).save_pretrained(folder)
    return folder


def play(model: Path, rows: Path, machines: int, threads: int) -> Ended:
    """Train once; return how the first machine ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = train_config(model, rows, folder / "out", hyperparameters=SETTINGS)
        variables = {"NNODES": str(machines), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        variables |= {"TORCH_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        homes = [folder / str(machine) for machine in range(machines)]
        for home in homes:
            home.mkdir()
        running = [start_command("train", config, home, NODE_RANK=home.name, **variables) for home in homes]
        ended = [finish(process, home) for process, home in zip(running, homes, strict=True)]
    assert {end.code for end in ended} == {0}, ended[0].output
    return ended[0]


def main() -> None:
    """Play every case and print the table."""
    with tempfile.TemporaryDirectory() as name:
        sentences = read_rows(SENTENCES)
        rows = write_rows(Path(name) / "rows.jsonl", sentences[:200])
        model = make_model(Path(name) / "model", [row["text"] for row in sentences])
        print("| | seconds | loss, ten times on the way |\n|---|---|---|")
        for case, (machines, threads) in CASES.items():
            played = [play(model, rows, machines, threads) for _ in range(REPETITIONS)]
            seconds = min(float(end.message["seconds"]) for end in played)
            curve = re.findall(r"train.step step=\d+ of=\d+ loss=([\d.]+)", played[0].output)
            print(f"| {case} | {seconds} | {' '.join(curve)} |", flush=True)
        print(json.dumps({"settings": SETTINGS, "repetitions": REPETITIONS}))


if __name__ == "__main__":
    main()
