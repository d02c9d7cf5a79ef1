"""Exit codes: of kubectl refit by its own enumeration, of the trainer's commands by the contract."""

from refit_cli.exits import Exit
from refit_trainer.contract.constants import EXIT_BAD_INPUT, EXIT_DONE, EXIT_FAILED, EXIT_PEER_LOST, EXIT_TERMINATED
from tests.faults.report import markdown

KUBECTL = """# Exit codes
Generated from `refit_cli.exits` and the trainer's contract by `make reference`; do not edit.

What `kubectl refit` and the trainer's commands end with.

## kubectl refit
[How it is used](../how-to/kubectl-refit.md).

"""
TRAINER = """

## refit-train and refit-judge
[The contract](../contract.md) holds for every trainer. `refit-verify` ends with 0, 1 or 64 by the same meaning.

"""
OF_THE_TRAINER = {
    EXIT_DONE: "Done. The report is the container's termination message.",
    EXIT_FAILED: "Anything else. The Job retries it, up to `training.backoffLimit`.",
    EXIT_BAD_INPUT: "The configuration, the data or a model folder is wrong. Not retried.",
    EXIT_PEER_LOST: "Another machine of the same training is gone. The next attempt resumes, and isn't counted.",
    EXIT_TERMINATED: "Stopped by SIGTERM, nothing was published. The next attempt resumes from the saved state.",
}


def page() -> str:
    """Return docs/reference/exit-codes.md."""
    head = ["code", "what it means"]
    commands = [head, *([str(int(code)), code.meaning] for code in Exit)]
    trainer = [head, *([str(code), meaning] for code, meaning in sorted(OF_THE_TRAINER.items()))]
    return KUBECTL + markdown(commands) + TRAINER + markdown(trainer) + "\n"
