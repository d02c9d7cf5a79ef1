"""`python -m tests.sizes`: how long files and functions are. Over the limit, a concept is missing somewhere."""

import ast
import sys
from pathlib import Path
from statistics import median

SOURCES = ("operator", "trainer_image", "localcluster", "charts", "demo")
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def functions(text: str) -> list[tuple[int, str]]:
    """Return (lines, name) of every function in a module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [((node.end_lineno or node.lineno) - node.lineno + 1, node.name) for node in nodes]


def main() -> int:
    """Print the medians, and whatever is too long."""
    texts = {path: path.read_text() for source in SOURCES for path in sorted(Path(source).rglob("*.py"))}
    files = [(text.count("\n"), str(path)) for path, text in texts.items() if text.strip()]
    parts = [(size, f"{path}: {name}") for path, text in texts.items() for size, name in functions(text)]
    for what, sizes, limit in (("file", files, LONGEST_FILE), ("function", parts, LONGEST_FUNCTION)):
        lines = [size for size, _ in sizes]
        print(f"{len(lines)} {what}s: median {median(lines):.0f} lines, longest {max(lines)} (limit {limit})")
    long = [f"{size} lines: {name}" for size, name in files if size > LONGEST_FILE]
    long += [f"{size} lines: {name}" for size, name in parts if size > LONGEST_FUNCTION]
    print("\n".join(long), end="\n" if long else "")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
