"""One line for each thing done, on standard output; the libraries speak only when something is wrong."""

import logging
import os
import sys
import time


def configure_logs() -> None:
    """Send our lines to standard output and keep the libraries' warnings and progress bars out of them."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("refit_trainer", "refit_serving"):
        logging.getLogger(package).setLevel(logging.INFO)
