"""Files outside of docs/ that pages link to: each has a page of its own on the site, so that no link leads away.

They are below source/, in no menu and not in the search.
"""

import subprocess
from pathlib import Path

SHOWN_AS = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json", ".sh": "bash"}
APART = "---\nsearch: {exclude: true}\n---\n\n"
FOLDER = "source"
_FENCE = "`" * 7


def tracked(checkout: Path, folder: str) -> list[str]:
    """Return the files right below a folder that git knows or would add."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", folder]
    found = subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(name for name in found if Path(name).parent == Path(folder) and (checkout / name).exists())


def page_of(checkout: Path, path: str) -> str:
    """Return the page, below the site's root, that has a file or a folder of the checkout."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (checkout / path).is_dir():
        readme = f"{path}/README.md"
        return f"{FOLDER}/{readme}" if (checkout / readme).exists() else f"{FOLDER}/{path}/index.md"
    return f"{FOLDER}/{path}" if path.endswith(".md") else f"{FOLDER}/{path}.md"


def text_of(checkout: Path, path: str) -> str:
    """Return the text of the page of a file or a folder, with links as they hold from the file itself."""
    file = checkout / path
    if file.is_dir():
        names = [Path(name).name for name in tracked(checkout, path)]
        return f"{APART}# `{path}`\n\n" + "".join(f"- [`{name}`]({name})\n" for name in names)
    text = file.read_text()
    if path.endswith(".md"):
        return APART + text
    return f"{APART}# `{path}`\n\n{_FENCE}{SHOWN_AS.get(file.suffix, '')}\n{text.rstrip()}\n{_FENCE}\n"
