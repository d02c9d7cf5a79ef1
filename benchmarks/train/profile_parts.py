"""The parts of a training step, by the names that torch's profiler has for operators. Pure."""

from collections import defaultdict
from collections.abc import Mapping

DATA, PYTHON, REST = "reading and padding the batch", "Python", "other operators"
PARTS: dict[str, tuple[str, ...]] = {
    "AdamW": ("adamw", "optimizer."),
    "clipping the gradients": ("linalg_vector_norm", "_foreach_norm", "_foreach_mul", "aten::clamp"),
    "word, place and type embeddings": ("embedding", "aten::index_select"),
    "attention but its products": ("scaled_dot_product", "softmax", "aten::where", "masked_fill"),
    "dropout": ("dropout", "bernoulli"),
    "LayerNorm": ("layer_norm", "layernorm"),
    "GELU": ("gelu",),
    "products of matrices": ("aten::mm", "addmm", "bmm", "linear", "matmul"),
    "casts and copies": ("aten::copy_", "_to_copy", "aten::to", "aten::contiguous", "aten::clone", "tocopy"),
    "filling and adding up gradients": ("aten::zero_", "aten::fill_", "aten::add_", "accumulategrad", "aten::sum"),
}
"""How the names go on or what is in them, the first part that fits."""
ORDER = (*PARTS, REST, DATA, PYTHON)


def part_of(operator: str) -> str:
    """Return the part that an operator belongs to."""
    if operator in (DATA, PYTHON):
        return operator
    return next((part for part, words in PARTS.items() if any(word in operator.lower() for word in words)), REST)


def parts_of(operators: Mapping[str, float]) -> Mapping[str, float]:
    """Return the milliseconds of each part; 0 of one that has none."""
    found: dict[str, float] = defaultdict(float)
    for name, milliseconds in operators.items():
        found[part_of(name)] += milliseconds
    return found
