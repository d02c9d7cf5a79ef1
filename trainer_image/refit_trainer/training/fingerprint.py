"""What a training depends on, as one digest: where it is the same, training again gives the same candidate."""

import hashlib
from collections.abc import Mapping
from typing import Any

from refit_trainer.data.rows import RowSet, encode_values

WHERE_AND_WHO = ("run", "dataset")
"""Parts of an identity that don't count: whose training it is, and where the rows are, which have their own digest."""


def fingerprint_of(identity: Mapping[str, Any], rows: RowSet) -> str:
    """Return the SHA-256 over the rows that are used, in order, and the rest of a training's identity: the task, the
    start model's digest, the hyperparameters with their defaults, and the libraries' versions.
    """
    parts = {name: value for name, value in identity.items() if name not in WHERE_AND_WHO}
    return f"sha256:{hashlib.sha256(encode_values(parts | {'rows': rows.digest})).hexdigest()}"
