"""Where a user's volume may be mounted: nowhere among the operator's own folders, however the path is written."""

import pytest
from pydantic import ValidationError

from refit_operator.api.pod import Volume
from tests.hostile.schema import PATHS

GOOD = ("/cache", "/cache/", "/a/b.c/d", "/.cache", "/..a", "/...", "/dev/shm", "/refit-cache", "/tmpfs")


def is_taken(path: str) -> bool:
    try:
        Volume.model_validate({"name": "x", "mountPath": path, "emptyDir": {}})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("path", GOOD)
def test_a_path_that_leads_where_it_says(path: str) -> None:
    assert is_taken(path)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_may_lead_elsewhere(path: str) -> None:
    assert not is_taken(path)
