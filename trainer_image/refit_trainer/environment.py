"""What the libraries read from the environment when they are imported: set here first, unless a person has set it."""

import os

URIS = ("REFIT_CONFIG", "MODEL_URI", "INITIAL_MODEL_URI")
DEFAULTS = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    # OpenMP's threads spin while they wait. Beside other busy processes, such as the model server on the same node,
    # that took two to three times as long as sleeping does.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def set_defaults() -> None:
    """Set what isn't set; call it before torch or transformers are imported.

    The hub is asked only where a URI names it, whatever the image says.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    asks_hub = any("hf://" in os.environ.get(name, "") for name in URIS)
    os.environ["HF_HUB_OFFLINE"] = "0" if asks_hub else os.environ.get("HF_HUB_OFFLINE", "1")
