"""How a command ends early: what retrying can't mend is a BadInput, and nothing else is; Stopped is no failure."""

DONE, FAILED, WRONG_INPUT, PEER_LOST, STOPPED = 0, 1, 64, 75, 143
"""Exit codes, those that have them after sysexits.h and the shell: what the operator's Job goes by."""


class BadInput(Exception):
    """The configuration, the data or a model folder is wrong: exit 64, not retried."""


class StorageFailed(OSError):
    """A store didn't answer, or failed by its own account: exit 1, and a retry may find it well."""


class Stopped(Exception):
    """SIGTERM came in the middle of the training: exit 143, and the next attempt goes on from the saved state."""


class PeerLost(Exception):
    """Another process of the same training is gone: exit 75, since whose fault it is, is that one's to say."""


class Ended(Exception):
    """A process that worked for this one ended with this exit code, and has said why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
