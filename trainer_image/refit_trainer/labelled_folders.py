"""Folders of files by label, `<label>/<file>`, as torchvision and Hugging Face read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refit_trainer.blob import Blob
from refit_trainer.formats import Document
from refit_trainer.rows import Problems


@dataclass(frozen=True, slots=True)
class LabelledFolders:
    """A format in which the folder that a file is in is its label."""

    column: str
    suffixes: tuple[str, ...]

    @property
    def holds(self) -> str:
        """What there must be."""
        return f"folders, one a label, with files named {', '.join('*' + suffix for suffix in self.suffixes)}"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield a row for each file, in the order of their paths."""
        if path.is_file():
            return
        for file in sorted(path.glob("*/*")):
            if file.suffix.lower() in self.suffixes and not file.name.startswith("."):
                label = file.parent.name
                yield Document({self.column: Blob(file), "label": label}, f"{label}/{file.name}", path)
