"""The same examples at each run, `make fuzz` many more of them than a run by hand."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("REFIT_FUZZ_EXAMPLES", "100"))
settings.register_profile(
    "fuzz",
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("fuzz")
