"""Root file systems made of Debian's packages, as tar archives."""

from collections.abc import Sequence
from pathlib import Path

from localcluster.commands import run


def make_root(suite: str, packages: Sequence[str], target: Path, hooks: Sequence[str] = ()) -> None:
    """Write Debian's minimal set and some packages to a tar archive; the hooks are mmdebstrap's customize hooks."""
    options = [f"--customize-hook={hook}" for hook in hooks]
    if packages:
        options.append(f"--include={','.join(packages)}")
    log = target.with_suffix(".log")
    run(["mmdebstrap", "--variant=minbase", *options, suite, target], log=log)
    log.unlink()
