"""The trainer's commands, such as `refit-train`: environment in, termination message and exit code out.

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

from refit_trainer.contract.constants import (
    ENV_CONFIG,
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PEER_LOST,
    EXIT_TERMINATED,
    EXIT_UNCHANGED,
)
from refit_trainer.contract.errors import BadInput, PeerLost, Stopped, Unchanged, WorkerExited
from refit_trainer.contract.process_setup import configure_logs, set_defaults
from refit_trainer.contract.termination_message import write_error, write_report
from refit_trainer.distributed.collectives import is_peer_loss

log = logging.getLogger("refit_trainer")


def train() -> NoReturn:
    """Run `refit-train`."""
    code = run(_train)
    if "TORCHELASTIC_RUN_ID" in os.environ:
        sys.stdout.flush()
        os._exit(code)  # gloo's own clean-up at exit may wait for processes that are gone
    sys.exit(code)


def judge() -> NoReturn:
    """Run `refit-judge`."""
    sys.exit(run(_judge))


def explain() -> NoReturn:
    """Run `refit-explain`."""
    sys.exit(run(_explain))


def verify() -> NoReturn:
    """Run `refit-verify`."""
    sys.exit(run(_verify))


def run(command: Callable[[str], Mapping[str, Any]]) -> int:
    """Run a command on REFIT_CONFIG, write its termination message, and return the exit code of the contract."""
    signal.signal(signal.SIGTERM, _stop)
    set_defaults()
    configure_logs()
    try:
        report = command(os.environ.get(ENV_CONFIG, ""))
    except WorkerExited as ended:
        return EXIT_DONE if ended.code == EXIT_UNCHANGED else ended.code
    except Unchanged as found:
        write_report({"unchanged": found.fingerprint})
        return EXIT_UNCHANGED if "TORCHELASTIC_RUN_ID" in os.environ else EXIT_DONE
    except Exception as error:
        return _fail(error)
    write_report(report)
    log.info("done report=%s", json.dumps(report, ensure_ascii=False))
    return EXIT_DONE


def _fail(error: Exception) -> int:
    """Write why a command failed, and return its exit code."""
    is_consequence = False
    match error:
        case BadInput():
            log.error("refused error=%s", error)
            code, words = EXIT_BAD_INPUT, str(error)
        case Stopped():
            log.info("stopped signal=SIGTERM")
            code, words, is_consequence = EXIT_TERMINATED, str(error), True
        case _ if isinstance(error, PeerLost) or is_peer_loss(error):
            log.warning("peer.lost error=%s", error)
            code, words = EXIT_PEER_LOST, f"another machine of this training is gone: {error}"
            is_consequence = True
        case _:
            log.exception("failed", exc_info=error)
            code, words = EXIT_FAILED, f"{type(error).__name__}: {error}"
    write_error(words, is_consequence)
    return code


def _train(text: str) -> Mapping[str, Any]:
    from refit_trainer.commands.train import train as command

    return command(text)


def _judge(text: str) -> Mapping[str, Any]:
    from refit_trainer.commands.judge import judge as command

    return command(text)


def _explain(text: str) -> Mapping[str, Any]:
    from refit_trainer.commands.judge import explain as command

    return command(text)


def _verify(_: str) -> Mapping[str, Any]:
    from refit_trainer.commands.verify import verify as command

    return command(os.environ)


def _stop(signum: int, frame: FrameType | None) -> None:
    """Exit at once: what is unpublished is invisible. During the training `resume` handles the signal instead."""
    write_error("stopped by SIGTERM", is_consequence=True)
    os.write(sys.stdout.fileno(), b"stopped signal=SIGTERM\n")  # a logger may be interrupted in its own buffer
    os._exit(EXIT_TERMINATED)


if __name__ == "__main__":
    {"train": train, "judge": judge, "explain": explain, "verify": verify}[sys.argv[1]]()
