"""Post Jobs to the API server as fast as it takes them: no operator can be faster than that."""

from collections.abc import Sequence

from benchmarks.baselines.cron_script import Breach
from benchmarks.baselines.jobs import job_for
from benchmarks.scale.bulk import send


async def start(found: Sequence[Breach]) -> None:
    """Create a Job for each, many at the same time; one that is there is left alone."""
    made = await send(("POST", f"/apis/batch/v1/namespaces/{a}/jobs", job_for(b)) for a, b in found)
    others = set(made) - {201, 409}
    assert not others, f"answers by status: {made}"
