"""`imagefolder`: images as Hugging Face reads them, by label, `<label>/<file>`, or listed in `metadata.jsonl`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from refit_trainer.data.blob import Blob
from refit_trainer.data.formats import Document, is_inside, is_left_by_tool
from refit_trainer.data.formats.jsonl import read_lines
from refit_trainer.data.rows import Problems

METADATA = "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class LabelledFolders:
    """A format in which the folder that a file is in is its label, or the columns of `metadata.jsonl` are its row's."""

    column: str
    suffixes: tuple[str, ...]

    @property
    def holds(self) -> str:
        """What there must be."""
        names = ", ".join("*" + suffix for suffix in self.suffixes)
        return f"folders, one a label, with files named {names}, or in {METADATA} with file_name"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield a row for each file, in the order of their paths, or of the lines that name them."""
        if path.is_file():
            return
        if (path / METADATA).is_file() and is_inside(path / METADATA, path, problems):
            for line in read_lines(path / METADATA, problems):
                yield replace(line, columns={self.column: line.columns.get("file_name"), **line.columns})
            return
        for file in sorted(path.glob("*/*")):
            is_left = any(map(is_left_by_tool, (file.parent.name, file.name)))
            if file.suffix.lower() in self.suffixes and not is_left and is_inside(file, path, problems):
                label = file.parent.name
                yield Document({self.column: Blob(file), "label": label}, f"{label}/{file.name}", path)


FORMAT = LabelledFolders("image", (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"))
