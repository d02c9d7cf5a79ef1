"""How a command ends early. Only what a retry can't mend is a BadInput; being stopped is no failure."""


class BadInput(Exception):
    """The configuration, the data or a model folder is wrong: exit 64, not retried."""


class StorageFailed(OSError):
    """A store didn't answer, or failed by its own account: exit 1, and a retry may succeed."""


class Stopped(Exception):
    """SIGTERM came in the middle of the training: exit 143, and the next attempt resumes from the saved state."""


class Unchanged(Exception):
    """All that the training depends on is as it was in a run that was refused: exit 0, and nothing is trained."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(fingerprint)
        self.fingerprint = fingerprint


class PeerLost(Exception):
    """Another process of the same training is gone: exit 75, since the one that failed reports the reason."""


class WorkerExited(Exception):
    """A worker process ended with this exit code, and has reported why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
