"""`imagefolder`: images as Hugging Face reads them, by label, `<label>/<file>`, or listed in `metadata.jsonl`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from refit_trainer.data.blob import Blob
from refit_trainer.data.formats import Document
from refit_trainer.data.formats.jsonl import read_lines
from refit_trainer.data.listing import Listing, is_left_by_tool
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

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield a row for each file, in the order of their paths, or of the lines that name them."""
        if files.path.is_file():
            return
        metadata = files.path / METADATA
        if metadata.is_file() and files.take(metadata, problems):
            for line in read_lines(metadata, files, problems):
                yield replace(line, columns={self.column: line.columns.get("file_name"), **line.columns})
            return
        for folder in sorted(files.path.iterdir()):
            if folder.is_dir() and not is_left_by_tool(folder.name):
                yield from self._read_label(folder, files, problems)

    def _read_label(self, folder: Path, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield a row for each file of a label; a label without one is reported as unread."""
        has_row = False
        for file in sorted(folder.iterdir()):
            if self._is_meant(file) and files.take(file, problems):
                has_row = True
                columns = {self.column: Blob(file), "label": folder.name}
                yield Document(columns, f"{folder.name}/{file.name}", files.path)
        if not has_row:
            files.note(folder)

    def _is_meant(self, file: Path) -> bool:
        return file.suffix.lower() in self.suffixes and not is_left_by_tool(file.name)


FORMAT = LabelledFolders("image", (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"))
