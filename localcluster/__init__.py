"""A Kubernetes cluster on this machine: kind where a container engine runs, else a node assembled from parts.

Only the standard library is used, because `python -m localcluster up` is the first command run in a fresh checkout.
"""

from localcluster.provider import environment

__all__ = ["environment"]
