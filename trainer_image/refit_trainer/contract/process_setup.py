"""What a process sets before anything else: the variables that libraries read at import, and the log."""

import logging
import os
import sys
import time

from refit_trainer.contract.constants import ENV_CONFIG

WITH_URIS = (ENV_CONFIG, "MODEL_URI", "INITIAL_MODEL_URI")
"""Variables that may hold the URI of a model or data set."""
DEFAULTS = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    # OpenMP's threads spin while they wait. Beside other busy processes, such as the model server on the same node,
    # that took two to three times as long as sleeping does.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def set_defaults() -> None:
    """Set what isn't set; call it before torch or transformers are imported.

    The hub is contacted only where a URI names it, whatever the image's environment says.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    asks_hub = any("hf://" in os.environ.get(name, "") for name in WITH_URIS)
    os.environ["HF_HUB_OFFLINE"] = "0" if asks_hub else os.environ.get("HF_HUB_OFFLINE", "1")


def configure_logs() -> None:
    """Log to standard output: a line for each thing done, and warnings and errors of the libraries."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("refit_trainer", "refit_serving"):
        logging.getLogger(package).setLevel(logging.INFO)
