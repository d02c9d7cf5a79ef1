"""`python -m tests.reference [--check]`: the pages of docs/reference that are made of types."""

import sys

from localcluster.paths import CHECKOUT
from tests.reference import events, exit_codes, fields, settings

PAGES = {
    "modelmonitor.md": fields.monitor_page,
    "retrainrun.md": fields.run_page,
    "settings.md": settings.page,
    "events.md": events.page,
    "exit-codes.md": exit_codes.page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only say which differ (exit 1)."""
    differing = []
    for name, page in PAGES.items():
        path, text = CHECKOUT / "docs" / "reference" / name, page()
        if path.exists() and path.read_text() == text:
            continue
        differing.append(name)
        if "--check" not in arguments:
            path.write_text(text)
    if "--check" not in arguments:
        return 0
    for name in differing:
        print(f"docs/reference/{name} differs from the types, run `make reference`")
    print("docs/reference matches the types" if not differing else "")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
