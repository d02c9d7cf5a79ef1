"""Whose fault an error is that was raised while rows were read: the data set's, or the machine's."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Problems

OF_A_PATH = {errno.EACCES, errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR}
"""What the operating system says of a path, whenever it's asked; other errors are of a disk or a network."""
LONGEST = 300  # characters of an error that are shown


class Unreadable(Exception):
    """A library raised an error over a value; `role` is the value's."""

    def __init__(self, role: str, error: Exception) -> None:
        super().__init__(describe_error(error))
        self.role = role


@contextmanager
def blamed_on(role: str) -> Iterator[None]:
    """Raise what is raised over a role's value as Unreadable; what a retry may mend stays as it is."""
    try:
        yield
    except Exception as error:
        if may_pass(error):
            raise
        raise Unreadable(role, error) from error


@contextmanager
def noting(where: Callable[[], str], problems: Problems) -> Iterator[None]:
    """Note what is raised while a file is read, and where; what a retry may mend is raised on."""
    try:
        yield
    except Exception as error:
        if may_pass(error):
            raise
        problems.add(where(), describe_error(error))


def may_pass(error: Exception) -> bool:
    """Tell whether a retry may succeed: memory, disk or network failed; or whether the error is explained already."""
    if isinstance(error, OSError):
        return error.errno is not None and error.errno not in OF_A_PATH
    return isinstance(error, (BadInput, MemoryError))


def describe_error(error: Exception) -> str:
    """Return an error on one line."""
    return f"can't be read: {type(error).__name__}: {' '.join(str(error).split())}"[:LONGEST]
