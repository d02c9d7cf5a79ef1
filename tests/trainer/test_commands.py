"""The commands as the operator sees them: a process, its exit code, its termination message."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.trainer.commands import (
    environment,
    finish,
    judge_config,
    run_command,
    start_command,
    train_config,
)


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def test_train_judge_and_train_again(tiny: Path, train_rows: Path, holdout_rows: Path, tmp_path: Path) -> None:
    config = train_config(tiny, train_rows, tmp_path / "out")
    trained = run_command("train", config, tmp_path)
    assert trained.code == 0, trained.output
    judged = run_command("judge", judge_config(tmp_path / "out", holdout_rows, served=tmp_path / "out"), tmp_path)
    assert judged.code == 0, judged.output
    assert judged.message["candidate"]["digest"] == trained.message["digest"]
    again = run_command("train", config, tmp_path)
    assert (again.code, again.message) == (0, trained.message)
    assert len(trained.output.splitlines()) < 25 and "Traceback" not in trained.output
    assert all(line[:2] == "20" for line in trained.output.splitlines()), trained.output


def test_wrong_data_ends_with_64_and_its_place(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    lines = train_rows.read_text().splitlines()
    lines[16] = lines[16][:20]
    (tmp_path / "feedback.jsonl").write_text("\n".join(lines) + "\n")
    ended = run_command("train", train_config(tiny, tmp_path / "feedback.jsonl", tmp_path / "out"), tmp_path)
    assert ended.code == 64 and ended.message["error"].startswith("feedback.jsonl:17: not JSON")
    assert "Traceback" not in ended.output and not (tmp_path / "out").exists()


def test_a_wrong_configuration_ends_with_64(tmp_path: Path) -> None:
    for command in ("train", "judge"):
        ended = run_command(command, '{"task": 3}', tmp_path)
        assert ended.code == 64 and "task=3: Input should be a valid string" in ended.message["error"]


def test_what_a_retry_may_mend_ends_otherwise(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    ended = run_command("train", train_config(tiny, train_rows, tmp_path / "file" / "out"), tmp_path)
    assert ended.code == 1 and "FileExistsError" in ended.message["error"] and "Traceback" in ended.output
    assert "model.loaded" not in ended.output, "it trained first"


@pytest.mark.parametrize(
    ("after", "answer"), [("train.start", "stopped by SIGTERM"), ("state.saved", "stopped by SIGTERM after step ")]
)
def test_sigterm_ends_with_143_and_publishes_nothing(
    tiny: Path, train_rows: Path, tmp_path: Path, after: str, answer: str
) -> None:
    config = train_config(tiny, train_rows, tmp_path / "out", hyperparameters={"epochs": "10000"})
    process = start_command("train", config, tmp_path, REFIT_SAVE_SECONDS="0.01")
    assert process.stdout is not None
    while after not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    ended = finish(process, tmp_path)
    assert ended.code == 143 and ended.message["error"].startswith(answer)
    assert "Traceback" not in ended.output and not (tmp_path / "out").exists()


SLOW_PUBLICATION = """
import sys, time
from refit_trainer.artifacts import checkpoint
from refit_trainer import __main__ as commands
checkpoint.write_json = lambda *given: (print("AT THE MANIFEST", flush=True), time.sleep(60))
commands.train()
"""


def test_killed_in_the_middle_of_publication(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(tiny, train_rows, tmp_path / "models" / "out", hyperparameters={"epochs": "0.2"})
    variables = environment(tmp_path, REFIT_CONFIG=json.dumps(config))
    process = subprocess.Popen([sys.executable, "-c", SLOW_PUBLICATION], env=variables, stdout=subprocess.PIPE)
    assert process.stdout is not None
    wait_for(lambda: process.stdout and b"AT THE MANIFEST" in process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    [leftover] = (tmp_path / "models").glob("*.partial")
    assert leftover.name.startswith(".out.") and (leftover / "model.safetensors").exists()
    ended = run_command("train", config, tmp_path)
    assert ended.code == 0
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["out"]


def test_progress_is_reported_and_home_may_be_read_only(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[tuple[str, dict[str, Any]]] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append((self.headers["authorization"], body["trainerStatus"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "token").write_text("a-token")
    (tmp_path / "home").mkdir(mode=0o500)
    ended = run_command(
        "train",
        train_config(tiny, train_rows, tmp_path / "out"),
        tmp_path,
        HOME=str(tmp_path / "home"),
        HF_HOME=str(tmp_path / "hf"),
        KUBEFLOW_TRAINER_SERVER_URL=f"http://127.0.0.1:{server.server_port}/progress",
        KUBEFLOW_TRAINER_SERVER_TOKEN=str(tmp_path / "token"),
    )
    server.shutdown()
    assert ended.code == 0, ended.output
    assert {token for token, _ in seen} == {"Bearer a-token"}
    assert seen[-1][1]["progressPercentage"] == 100
    assert not list((tmp_path / "home").iterdir())
