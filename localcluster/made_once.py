"""A folder that takes long to make, kept in the cache: made once, and there whole or not at all."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from localcluster.paths import cache_root

Make = Callable[[Path, Path], None]
"""Fills the second folder, which is empty; the first is scratch, and goes."""


def make_once(name: str, recipe: Path, make: Make) -> Path:
    """Return the folder, made first where it isn't there. Of two that make it at once, one's work is thrown away.

    `recipe` is the file that says how: where that changes, another folder is made.
    """
    folder = cache_root() / f"{name}-{hashlib.sha256(recipe.read_bytes()).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        made.chmod(0o755)
        make(Path(scratch), made)
        if not folder.is_dir():
            made.rename(folder)
    return folder
