"""Is there room?"""

import shutil
from pathlib import Path

from localcluster.commands import Failed


def check_disk(folder: Path, need_gib: float) -> None:
    """Refuse to begin what would fill the disk; `need_gib` GiB must be free where the folder lies, or will."""
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    free_gib = shutil.disk_usage(existing).free / 2**30
    if free_gib < need_gib:
        advice = "free some, or point REFIT_CACHE at another disk"
        raise Failed(f"{existing} has {free_gib:.1f} GiB free and this needs {need_gib:.0f} GiB: {advice}")
