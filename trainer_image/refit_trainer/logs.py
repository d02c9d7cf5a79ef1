"""One line for each thing done, on standard output; the libraries speak only of errors."""

import logging
import sys
import time


def configure_logs() -> None:
    """Send our lines to standard output."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("refit_trainer", "refit_serving"):
        logging.getLogger(package).setLevel(logging.INFO)
