"""What training and serving do on a GPU, in ten minutes: what docs/benchmarks/gpu.md shows."""

from collections.abc import Mapping
from types import MappingProxyType

SECONDS: Mapping[str, int] = MappingProxyType(
    {"start": 60, "accuracy": 90, "serving": 90, "lora": 120, "full": 120, "two-ranks": 110}
)
"""The parts, each with the seconds that it may take: together less than ten minutes."""
