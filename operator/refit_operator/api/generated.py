"""Files that are generated: written, or with --check only held against what they are made of."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def write_or_check(files: Mapping[Path, str], command: str, words: Sequence[str]) -> int:
    """Write the files that differ; with --check only say which these are (exit 1), and what makes them."""
    differing = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if "--check" in words:
        for path in differing:
            print(f"{path} differs from what it is made of, run `{command}`")
        return 1 if differing else 0
    for path in differing:
        path.write_text(files[path])
        print(f"wrote {path}")
    return 0
