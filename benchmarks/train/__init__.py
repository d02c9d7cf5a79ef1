"""How fast and how well the training methods learn, on real sentences: what docs/benchmarks/train.md shows."""

GOAL = 0.86
"""Of the held-out product reviews, right: where the clock of `speed` stops."""
EVERY_ROWS = 160
"""Of training, after which it stands still for a measurement."""
TIMED_STEPS = 30
"""Of 32 rows each, which `changes` times."""
CHANGES = (
    "HF Trainer, tuned",
    "full as it was",
    "full with attention step by step",
    "full with the embedding's used rows",
    "full with both",
)
