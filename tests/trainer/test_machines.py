"""Two machines that train together, as two commands on this one: what one alone makes of it, and what a death costs."""

import json
import math
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from refit_trainer.commands.train import _check_distributed, _parse_settings
from refit_trainer.contract.errors import BadInput
from refit_trainer.distributed.launcher import keep_one_gpu
from refit_trainer.methods import find_method
from refit_trainer.tasks import find_task
from tests.support.local import free_port
from tests.support.trainer.commands import (
    Ended,
    environment,
    finish,
    judge_config,
    run_command,
    start_command,
    train_config,
    write_rows,
)
from tests.support.trainer.decoders import make_decoder

SETTINGS = {"learning_rate": "2e-3", "batch_size": "20", "epochs": "3"}


@pytest.fixture(scope="module")
def steady(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model without dropout, whose random numbers depend on how a batch is shared."""
    folder = tmp_path_factory.mktemp("models") / "steady"
    subprocess.run(["cp", "-r", tiny, folder], check=True)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


class Machines:
    """Two commands that are told what the operator tells two pods; machine k's message is in `machine-k`."""

    def __init__(self, config: Any, folder: Path, **variables: str) -> None:
        self.config, self.folder = config, folder
        self.variables = {"NNODES": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())} | variables
        self.running = [self.start(machine) for machine in range(2)]

    def start(self, machine: int) -> subprocess.Popen[str]:
        home = self.folder / f"machine-{machine}"
        home.mkdir(exist_ok=True, parents=True)
        return start_command("train", self.config, home, NODE_RANK=str(machine), **self.variables)

    def ended(self) -> list[Ended]:
        return [finish(process, self.folder / f"machine-{i}") for i, process in enumerate(self.running)]


def losses(output: str) -> list[float]:
    return [float(text) for text in re.findall(r"train.step step=\d+ of=\d+ loss=([\d.]+)", output)]


@pytest.mark.parametrize("weights", ["None", "Balanced"])
def test_two_machines_learn_what_one_does(steady: Path, train_rows: Path, tmp_path: Path, weights: str) -> None:
    asked = {"hyperparameters": SETTINGS, "dataset": {"train": train_rows.as_uri(), "classWeights": weights}}
    alone = run_command("train", train_config(steady, train_rows, tmp_path / "alone", **asked), tmp_path)
    assert alone.code == 0, alone.output
    first, second = Machines(train_config(steady, train_rows, tmp_path / "together", **asked), tmp_path).ended()
    assert (first.code, second.code) == (0, 0), first.output + second.output
    assert first.message["rows"] == alone.message["rows"] == 200
    assert second.message == {"machine": 1}
    one, two = losses(alone.output), losses(first.output)
    assert len(one) == len(two) >= 10
    assert two == pytest.approx(one, abs=2e-3), f"{one}\n{two}"
    assert first.message["metrics"]["loss"] == pytest.approx(alone.message["metrics"]["loss"], abs=1e-3)
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("alone", "together")]
    start = {f"bert.{name}": weight for name, weight in load_file(steady / "model.safetensors").items()}
    apart, moved = (
        math.sqrt(sum(float((weights[0][name] - other[name]).square().sum()) for name in start))
        for other in (weights[1], start)
    )
    print(f"alone {alone.message['seconds']} s, together {first.message['seconds']} s", one, two, sep="\n")
    print(f"{apart=}, {moved=}")
    assert apart < 0.1 * moved


def test_two_machines_learn_from_packs_what_one_does(tmp_path: Path) -> None:
    """Each token counts the same, whichever machine has it and however many are learnt there."""
    days = [
        {"prompt": f"day {number}:", "completion": " a holiday" if number % 7 == 0 else " work"} for number in range(96)
    ]
    rows, start = write_rows(tmp_path / "rows.jsonl", days), make_decoder(tmp_path / "start")
    settings = {"learning_rate": "2e-3", "batch_size": "4", "epochs": "3", "packing": "64"}
    dataset = {"train": rows.as_uri(), "columns": {"prompt": "prompt", "completion": "completion"}}
    wanted = {"task": "text-generation", "dataset": dataset, "hyperparameters": settings}
    alone = run_command("train", train_config(start, rows, tmp_path / "alone", **wanted), tmp_path)
    assert alone.code == 0, alone.output
    first, second = Machines(train_config(start, rows, tmp_path / "together", **wanted), tmp_path).ended()
    assert (first.code, second.code) == (0, 0), first.output + second.output
    one, two = losses(alone.output), losses(first.output)
    assert len(one) == len(two) >= 9 and two == pytest.approx(one, abs=0.02), f"{one}\n{two}"


def test_two_machines_go_on_with_several_questions_as_one_does(
    steady: Path, sentences: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Rows answer one question or both, so that shares of a batch have different numbers of answers."""
    rows = [
        {"text": row["text"], "label": {"mood": row["label"]} | ({"kind": row["domain"]} if n % 3 else {})}
        for n, row in enumerate(sentences)
    ]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    taught = SETTINGS | {"method": "multi-task", "epochs": "1"}
    start = run_command("train", train_config(steady, path, tmp_path / "start", hyperparameters=taught), tmp_path)
    assert start.code == 0, start.output
    config = train_config(tmp_path / "start", path, tmp_path / "alone", hyperparameters=SETTINGS)
    alone = run_command("train", config, tmp_path)
    first, second = Machines(config | {"output": (tmp_path / "together").as_uri()}, tmp_path).ended()
    assert (alone.code, first.code, second.code) == (0, 0, 0), alone.output + first.output + second.output
    assert losses(first.output) == pytest.approx(losses(alone.output), abs=5e-3)


def wait_for(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a state of the training is saved."""
    until = time.monotonic() + 90
    while not any(folder.glob("step-*/state.json")):
        assert process.poll() is None and time.monotonic() < until, "no state was saved"
        time.sleep(0.05)


LONG = SETTINGS | {"epochs": "30"}


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill a command with its workers, as a lost machine ends."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for pid in (*map(int, children), process.pid):
        os.kill(pid, 9)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_machine_that_dies_takes_the_other_along_and_both_go_on(
    victim: int, steady: Path, train_rows: Path, tmp_path: Path
) -> None:
    config = train_config(steady, train_rows, tmp_path / "out", hyperparameters=LONG)
    machines = Machines(config, tmp_path, REFIT_SAVE_SECONDS="0.5")
    wait_for(tmp_path / ".out.unfinished", machines.running[0])
    kill_all(machines.running[victim])
    survivor = machines.running[1 - victim]
    ended = finish(survivor, tmp_path / f"machine-{1 - victim}")
    assert ended.code == 75, ended.output
    assert ended.message["error"].startswith("another machine of this training is gone")
    again = Machines(config, tmp_path, REFIT_SAVE_SECONDS="60").ended()
    assert [end.code for end in again] == [0, 0], again[0].output + again[1].output
    resumed = [int(re.findall(r"train.resumed step=(\d+)", end.output)[0]) for end in again]
    assert resumed[0] == resumed[1] > 0
    assert math.isfinite(again[0].message["metrics"]["loss"])


def test_sigterm_on_one_machine_saves_what_both_go_on_from(steady: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(steady, train_rows, tmp_path / "out", hyperparameters=LONG)
    machines = Machines(config, tmp_path, REFIT_SAVE_SECONDS="0.5")
    wait_for(tmp_path / ".out.unfinished", machines.running[0])
    machines.running[1].terminate()
    first, second = machines.ended()
    assert second.code == 143, second.output
    assert first.code == 75, first.output
    stopped = re.findall(r"it was stopped after step (\d+)", first.message["error"])
    assert stopped, first.output
    again = Machines(config, tmp_path).ended()
    assert [end.code for end in again] == [0, 0], again[0].output + again[1].output
    assert re.findall(r"train.resumed step=(\d+)", again[0].output) == stopped


def test_a_machine_that_waits_for_the_others_heeds_sigterm(steady: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(steady, train_rows, tmp_path / "out")
    variables = {"NNODES": "2", "NODE_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    waiting = start_command("train", config, tmp_path, **variables)
    until = time.monotonic() + 90
    while waiting.poll() is None and time.monotonic() < until and not is_listening(int(variables["MASTER_PORT"])):
        time.sleep(0.2)
    waiting.terminate()
    ended = finish(waiting, tmp_path, within_s=10)
    assert (ended.code, ended.message) == (143, {"error": "stopped by SIGTERM"}), ended.output


def is_listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_a_machine_that_comes_after_the_publication_has_nothing_to_do(published: Path, tmp_path: Path) -> None:
    config = train_config(published, tmp_path / "gone", published, uid="uid-1")
    variables = {"NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "127.0.0.1"}
    ended = run_command("train", config, tmp_path, **variables)
    assert (ended.code, ended.message) == (0, {"machine": 1}), ended.output


def test_the_other_machines_judge_nothing(published: Path, tmp_path: Path) -> None:
    config = judge_config(published, tmp_path / "gone")
    ended = run_command("judge", config, tmp_path, NNODES="2", NODE_RANK="1")
    assert (ended.code, ended.message) == (0, {"machine": 1}), ended.output


WITH_GPUS = """
import torch
torch.cuda.device_count = lambda: {gpus}
from refit_trainer.__main__ import train
train()
"""


def train_with_gpus(gpus: int, config: Any, folder: Path) -> Ended:
    """Run the command on a machine that counts so many GPUs. A stand-in: its workers learn on the CPU."""
    variables = environment(folder, REFIT_CONFIG=json.dumps(config))
    program = [sys.executable, "-c", WITH_GPUS.format(gpus=gpus)]
    pipe = subprocess.PIPE
    started = subprocess.Popen(program, env=variables, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    return finish(started, folder)


def test_a_machine_with_two_gpus_trains_by_two_processes(steady: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(steady, train_rows, tmp_path / "together", hyperparameters=SETTINGS)
    together = train_with_gpus(2, config, tmp_path)
    assert together.code == 0, together.output
    assert together.output.count("model.loaded") == 2
    assert together.message["rows"] == 200
    alone = run_command(
        "train", train_config(steady, train_rows, tmp_path / "alone", hyperparameters=SETTINGS), tmp_path
    )
    assert losses(together.output) == pytest.approx(losses(alone.output), abs=2e-3)


def test_the_rows_of_a_step_are_divided_among_the_gpus(steady: Path, train_rows: Path, tmp_path: Path) -> None:
    settings = SETTINGS | {"batch_size": "15"}
    ended = train_with_gpus(2, train_config(steady, train_rows, tmp_path / "out", hyperparameters=settings), tmp_path)
    assert ended.code == 64, ended.output
    assert "batch_size=15 can't be divided among 2 processes" in ended.message["error"]


def test_what_cant_be_shared_leaves_the_other_gpus_alone(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(tiny, train_rows, tmp_path / "out", hyperparameters={"method": "head"})
    ended = train_with_gpus(4, config, tmp_path)
    assert ended.code == 0, ended.output
    assert "train.gpus_unused count=3" in ended.output and ended.output.count("model.loaded") == 1


@pytest.mark.parametrize(("given", "kept"), [(None, "0"), ("", "0"), ("3,1", "3"), ("GPU-5a,GPU-7b", "GPU-5a")])
def test_one_process_sees_one_gpu(given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given or "")
    if given is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    keep_one_gpu()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == kept


REFUSED = {
    "batch_size=15 can't be divided among 2 processes": {"batch_size": "15"},
    "method='head': learns on one machine": {"method": "head"},
    "parallelism='fsdp'": {"parallelism": "fsdp"},
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cant_be_shared_is_refused_by_name(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    texts, task = REFUSED[words], find_task("text-classification")
    name = texts.get("method", "full")
    with pytest.raises(BadInput, match=re.escape(words)):
        _check_distributed(name, find_method(name), _parse_settings(task, find_method(name), texts))


def test_a_machine_beyond_the_last_is_refused(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(tiny, train_rows, tmp_path / "out")
    ended = run_command("train", config, tmp_path, NNODES="2", NODE_RANK="2", MASTER_ADDR="127.0.0.1")
    assert (ended.code, ended.message) == (64, {"error": "NODE_RANK='2': not a whole number from 0 to 1"})
