"""Draw what kubectl refit prints into docs/pictures: `python -m tests.screens [--check]`."""

import re
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType

from tests.screens.examples import SCREENS, WIDTH

FOLDER = Path("docs/pictures")
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"


def draw(command: str, screen: RenderableType) -> str:
    """Return a screen as SVG, by fonts that a machine has: nothing is fetched where it is shown."""
    console = Console(record=True, width=WIDTH, file=StringIO(), highlight=False, force_terminal=True)
    console.print(screen)
    svg = console.export_svg(title=f"kubectl refit {command}")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", FONT).replace("Fira Code", FONT).rstrip() + "\n"


def name_of(command: str) -> str:
    """Return the file's name: of the command, without what it is given."""
    return f"cli-{command.partition(' ')[0]}.svg"


def main(words: list[str]) -> int:
    """Write the pictures, or with --check only say which of them differ (exit 1)."""
    drawn = {FOLDER / name_of(command): draw(command, screen()) for command, screen in SCREENS.items()}
    if "--check" not in words:
        for path, svg in drawn.items():
            path.write_text(svg)
        return 0
    different = [str(path) for path, svg in drawn.items() if not path.exists() or path.read_text() != svg]
    print(f"draw again by python -m tests.screens: {', '.join(different)}" if different else "screens are as drawn")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
