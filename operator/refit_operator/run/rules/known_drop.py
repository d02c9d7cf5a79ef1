"""What a candidate may lose on the labels that the served model knows, where it has new ones. Pure."""

from refit_operator.api.training import Accept, GateSpec


def known_drop(gate: GateSpec) -> float:
    """Return gate.maxSliceDrop where it is set, else what the whole holdout may lose: gate.tolerance, or nothing."""
    if gate.max_slice_drop is not None:
        return gate.max_slice_drop
    return gate.tolerance if gate.accept is Accept.NOT_WORSE else 0.0
