"""A Kubernetes cluster on this machine: kind where a container engine runs, else a node assembled from parts.

Only the standard library is used, because `python -m localcluster up` is the first command run in a fresh checkout.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - it is met on macOS, whose own Python is 3.9
    found = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    sys.exit(f"Refit needs Python 3.11 or later, and {sys.executable} is {found}: make PYTHON3=/path/to/a/later/one")

from localcluster.provider import environment

__all__ = ["environment"]
