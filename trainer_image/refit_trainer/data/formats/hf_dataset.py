"""`hf-dataset`: what `datasets.Dataset.save_to_disk` writes. Only data is read: no code of the data set's is run."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.blob import find_blob
from refit_trainer.data.formats import Document
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems
from refit_trainer.data.tables import to_rows
from refit_trainer.data.unreadable import noting

INFO, STATE = "dataset_info.json", "state.json"
BATCH = 1000  # rows that are Python's at once before they are named


class HuggingFaceDataset:
    """The format `hf-dataset`."""

    holds = "a data set that save_to_disk wrote"

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield the rows, class labels by name, images and recordings undecoded; a row's number counts from 1."""
        path = files.path
        if not (path / INFO).is_file():
            splits = sorted(found.parent.name for found in path.glob(f"*/{INFO}"))
            found = f"; it has the splits {', '.join(splits)}: name one of them" if splits else ""
            raise BadInput(f"{path} isn't {self.holds}{found}")
        with noting(lambda: path.name, problems):
            if not _take(files, problems):
                return
            yield from _read(path, problems)


def _take(files: Listing, problems: Problems) -> bool:
    """Take the files that the data set says are its own; return False where it names others, and note these."""
    if not all(files.take(files.path / name, problems) for name in (INFO, STATE)):
        return False
    for cached in files.path.glob("cache-*.arrow"):  # what the library computed before, from the same rows
        files.skip(cached)
    with noting(lambda: STATE, problems):
        names = [one["filename"] for one in json.loads((files.path / STATE).read_bytes())["_data_files"]]
        wrong = [found for name in names if isinstance(found := find_blob(name, files.path), str)]
        for problem in wrong:
            problems.add(STATE, f"a data file {problem}")
        return not wrong and all(files.take(files.path / name, problems) for name in names)
    return False


def _keep_encoded(feature: Any) -> None:
    """Have no image, recording or other file in a feature decoded by the library, however deep in it."""
    from datasets import Json

    if isinstance(feature, Mapping):
        for inner in feature.values():
            _keep_encoded(inner)
    elif hasattr(feature, "feature"):
        _keep_encoded(feature.feature)
    elif hasattr(feature, "decode") and not isinstance(feature, Json):
        feature.decode = False


def _read(path: Path, problems: Problems) -> Iterator[Document]:
    from datasets import load_from_disk

    saved = load_from_disk(str(path)).with_format("arrow")
    features = saved.features
    _keep_encoded(features)
    names = {column: feature.names for column, feature in features.items() if hasattr(feature, "names")}
    number = 0
    with noting(lambda: f"{path.name}:{number + 1}", problems):
        for table in saved.iter(BATCH):
            for row in to_rows(table, path.name, number, problems):
                columns, source = features.decode_example(row), f"{path.name}:{number + 1}"
                named = {name: _name_label(columns, name, names, source, problems) for name in columns}
                yield Document(named, source, path)
                number += 1


def _name_label(
    row: Mapping[str, Any], column: str, names: Mapping[str, list[str]], source: str, problems: Problems
) -> Any:
    """Return a column's value, a class by its name; -1 stands for none, as in `datasets`."""
    value, known = row[column], names.get(column)
    if known is None or not isinstance(value, int):
        return value
    if value == -1:
        return None
    if value in range(len(known)):
        return known[value]
    problems.add(source, f'column "{column}" is {value}, and its ClassLabel has {len(known)} names, from 0')
    return None


FORMAT = HuggingFaceDataset()
