"""`hf-dataset`: what `datasets.Dataset.save_to_disk` writes. Only data is read: no code of the data set's is run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.formats import Document
from refit_trainer.data.rows import Problems


class HuggingFaceDataset:
    """The format `hf-dataset`."""

    holds = "a data set that save_to_disk wrote"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield the rows, class labels by name, images and recordings undecoded; a row's number counts from 1."""
        if not (path / "dataset_info.json").is_file():
            splits = sorted(found.parent.name for found in path.glob("*/dataset_info.json"))
            found = f"; it has the splits {', '.join(splits)}: name one of them" if splits else ""
            raise BadInput(f"{path} isn't {self.holds}{found}")
        rows = _load(path)
        names = {column: feature.names for column, feature in rows.features.items() if hasattr(feature, "names")}
        for number, row in enumerate(rows, start=1):
            yield Document(_name_labels(row, names), f"{path.name}:{number}", path)


def _load(path: Path) -> Any:
    from datasets import Audio, Image, load_from_disk

    rows = load_from_disk(str(path))
    for column, feature in rows.features.items():
        if isinstance(feature, (Image, Audio)):
            rows = rows.cast_column(column, type(feature)(decode=False))
    return rows


def _name_labels(row: dict[str, Any], names: dict[str, list[str]]) -> dict[str, Any]:
    return {column: _name(value, names[column]) if column in names else value for column, value in row.items()}


def _name(value: Any, names: list[str]) -> Any:
    """Return a class's name; -1 stands for none, as in `datasets`."""
    if not isinstance(value, int) or value < -1:
        return value
    return None if value == -1 else names[value]


FORMAT = HuggingFaceDataset()
