"""The commands `refit-train`, `refit-judge` and `refit-explain`: environment in, termination message and exit code out.

SIGTERM has its handler before anything is imported that takes long: process 1 of a container ignores it otherwise.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn

from refit_trainer.answer import write_error, write_report
from refit_trainer.environment import set_defaults
from refit_trainer.errors import BadInput, Stopped
from refit_trainer.logs import configure_logs

DONE, FAILED, WRONG_INPUT, STOPPED = 0, 1, 64, 143
log = logging.getLogger("refit_trainer")


def train() -> NoReturn:
    """Run `refit-train`."""
    sys.exit(run(_train))


def judge() -> NoReturn:
    """Run `refit-judge`."""
    sys.exit(run(_judge))


def explain() -> NoReturn:
    """Run `refit-explain`."""
    sys.exit(run(_explain))


def run(command: Callable[[str], Mapping[str, Any]]) -> int:
    """Run a command on REFIT_CONFIG, write its answer, and return the exit code of the contract."""
    signal.signal(signal.SIGTERM, _stop)
    set_defaults()
    configure_logs()
    try:
        report = command(os.environ.get("REFIT_CONFIG", ""))
    except BadInput as error:
        log.error("refused error=%s", error)
        write_error(str(error))
        return WRONG_INPUT
    except Stopped as stopped:
        log.info("stopped signal=SIGTERM")
        write_error(str(stopped))
        return STOPPED
    except Exception as error:
        log.exception("failed")
        write_error(f"{type(error).__name__}: {error}")
        return FAILED
    write_report(report)
    log.info("done report=%s", json.dumps(report, ensure_ascii=False))
    return DONE


def _train(text: str) -> Mapping[str, Any]:
    from refit_trainer.train import train as command

    return command(text)


def _judge(text: str) -> Mapping[str, Any]:
    from refit_trainer.judge import judge as command

    return command(text)


def _explain(text: str) -> Mapping[str, Any]:
    from refit_trainer.judge import explain as command

    return command(text)


def _stop(signum: int, frame: FrameType | None) -> None:
    """End at once: what is unpublished is invisible. While the model learns, `resume` takes the signal instead."""
    write_error("stopped by SIGTERM")
    os.write(sys.stdout.fileno(), b"stopped signal=SIGTERM\n")  # a logger may be interrupted in its own buffer
    os._exit(STOPPED)


if __name__ == "__main__":
    {"train": train, "judge": judge, "explain": explain}[sys.argv[1]]()
