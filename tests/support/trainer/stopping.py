"""Trainings that are stopped in this process, as a pod's is by the kubelet."""

import os
import signal
from typing import Any

import pytest

from refit_trainer.training import resume


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the process get a real SIGTERM in every attempt's so-many-th step."""
    ask = resume._RequestSaves.on_step_end
    made = {"steps": 0}

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **given: Any) -> None:
        made["steps"] = (made["steps"] + 1) % steps
        if made["steps"] == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        ask(self, args, state, control, **given)

    monkeypatch.setattr(resume._RequestSaves, "on_step_end", on_step_end)
