"""What ends a run for good: everything that retrying can't mend is a BadInput, and nothing else is."""


class BadInput(Exception):
    """The configuration, the data or a model folder is wrong: exit 64, not retried."""
