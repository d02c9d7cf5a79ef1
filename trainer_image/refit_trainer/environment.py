"""What the libraries read from the environment when they are imported: set here first, unless a person has set it."""

import os

DEFAULTS = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # OpenMP's threads spin while they wait. Beside other busy processes, such as the model server on the same node,
    # that took two to three times as long as sleeping does.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def set_defaults() -> None:
    """Set what isn't set; call it before torch or transformers are imported."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
