"""What a store's error means: whether the configuration is wrong, or a retry may succeed."""

from collections.abc import Iterator
from contextlib import contextmanager

from refit_trainer.contract.errors import BadInput, StorageFailed

WRONG_BUCKET = {"NoSuchBucket", "InvalidBucketName", "PermanentRedirect", "IllegalLocationConstraintException", "301"}
WRONG_BUCKET |= {"AuthorizationHeaderMalformed"}  # another region's bucket
TRANSIENT = {"ExpiredToken", "RequestTimeTooSkewed", "TokenRefreshRequired"}  # the next pod has new credentials
WRONG_STATUS = (401, 403, 404)  # the hub's answers: not for this token, or not there
CLIENTS = ("botocore.", "aiobotocore.", "aiohttp.", "httpx", "httpcore")
UNKNOWN_KEY = {"XAdminUserNotFound"}  # Versity's; others answer 403
WITHOUT_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "InvalidRegionError"}


@contextmanager
def translated_errors(uri: str) -> Iterator[None]:
    """Raise what goes wrong with a store as BadInput or StorageFailed that names the URI."""
    try:
        yield
    except (BadInput, StorageFailed):
        raise
    except Exception as error:
        if not _is_store_error(error):
            raise
        raise translate_error(uri, error) from error


def translate_error(uri: str, error: Exception) -> BadInput | StorageFailed:
    """Translate a store's error: BadInput for what no retry mends, else StorageFailed."""
    code, message = _code(error), " ".join(str(error).split()) or type(error).__name__
    if code in TRANSIENT:
        return StorageFailed(f"{uri}: {code}: {message}")
    if code in WRONG_BUCKET:
        return BadInput(f"{uri}: {code}: {message}")
    if isinstance(error, PermissionError) or code in UNKNOWN_KEY:
        return BadInput(f"{uri}: access denied ({code or type(error).__name__}): {message}")
    if type(error).__name__ in WITHOUT_CREDENTIALS:
        return BadInput(f"{uri}: no credentials that can be used: {message}")
    if _status(error) in WRONG_STATUS:
        return BadInput(f"{uri}: {message}")
    return StorageFailed(f"{uri}: {message}")


def _is_store_error(error: Exception) -> bool:
    """Tell whether an error is a store's: the clients' own errors, such as lost connections, aren't OSErrors."""
    return isinstance(error, OSError) or type(error).__module__.startswith(CLIENTS)


def _code(error: Exception) -> str:
    """Return the code in an S3 error's response, which s3fs keeps as the cause of its own; empty without one."""
    response = getattr(error.__cause__, "response", None) or getattr(error, "response", None)
    found = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(found.get("Code", ""))


def _status(error: Exception) -> int | None:
    """Return the status of the hub's answer, None for an error without one."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None
