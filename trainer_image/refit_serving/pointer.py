"""What the pointer says now: of a file that may change while the server runs, or of the environment.

The file is a key of a ConfigMap that is mounted as a volume: the kubelet exchanges it as a whole, so that no half of a
pointer is ever read. Another tool that writes it has to rename a new file into its place.
"""

from refit_serving.settings import Settings
from refit_trainer.contract.errors import BadInput

LONGEST = 4096  # bytes of a pointer


def read_pointer(settings: Settings) -> str:
    """Return the pointer, empty while the initial model is to serve.

    The file's where there is one and it says anything, else MODEL_URI's: a target that was updated by restarts before
    has its last checkpoint there. Raise BadInput where the file can't be read, or is no pointer.
    """
    path = settings.model_uri_file
    if path is None:
        return settings.model_uri
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except FileNotFoundError:
        return settings.model_uri
    except OSError as error:
        raise BadInput(f"MODEL_URI_FILE={path}: {error}") from None
    if len(content) > LONGEST:
        raise BadInput(f"MODEL_URI_FILE={path} has more than {LONGEST} bytes: it holds one <uri>@sha256:<digest>")
    try:
        return content.decode().strip() or settings.model_uri
    except UnicodeDecodeError as error:
        raise BadInput(f"MODEL_URI_FILE={path} isn't UTF-8: {error}") from None
