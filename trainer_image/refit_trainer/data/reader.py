"""From files to rows: read, take the newest, then check exactly the rows that will be used.

The model server may be appending while this reads: an unfinished last line isn't a row yet.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.blob import find_blob, path_of
from refit_trainer.data.columns import ColumnRoles, gather
from refit_trainer.data.draws import draw
from refit_trainer.data.formats import Document, Format, find_format
from refit_trainer.data.listing import Listing
from refit_trainer.data.picked import Picked, write_places
from refit_trainer.data.row_times import RowTimes
from refit_trainer.data.rows import Problems, Row, RowSet, name_some
from refit_trainer.data.stored_rows import StoredDocuments, StoredRows
from refit_trainer.data.unreadable import Unreadable, blamed_on, noting
from refit_trainer.storage.uris import fetch

log = logging.getLogger(__name__)
Check = Callable[[Mapping[str, Any]], str | None]


def read_rows(uri: str, dataset: Dataset, roles: ColumnRoles, check: Check) -> RowSet:
    """Read the rows at a URI: the newest, and some of the others to replay; raise BadInput with all that is wrong.

    They are kept on disk, so that memory doesn't grow with them.
    """
    roles = roles.choose(dataset.columns)
    columns = roles.map_columns(dataset.columns)
    files, problems, kind = Listing(fetch(uri)), Problems(), find_format(dataset.format)
    times = RowTimes(dataset.columns.get("time"))
    lines = StoredDocuments(columns.values())
    named = [columns[role] for role in roles.files if role in columns]
    for read in _read_documents(kind, files, problems):
        line = replace(read, columns=gather(read.columns, columns, roles.gathered))
        lines.append(line)
        times.add(line)
        _skip_named(line, named, files)
    lines.complete()
    problems.include(times.problems)
    problems.raise_if_any()
    unread = files.left()
    if not len(lines):
        raise BadInput(_describe_lack(uri, kind, files, unread))
    old = max(0, len(lines) - (dataset.recent or len(lines)))
    drawn = draw_replay(old, dataset)
    chosen = write_places(choose(times.order(), old, drawn)) if old or times.newest else range(len(lines))
    rows = _store_rows(Picked(lines, chosen), columns, roles, check, problems)
    log.info("data.read uri=%s rows=%d of=%d replayed=%d", uri, len(rows), len(lines), len(drawn))
    if unread:
        log.warning(
            "data.unread uri=%s count=%d names=%s: no row is read from these", uri, len(unread), name_some(unread)
        )
    return RowSet(rows, times.newest, len(drawn), unread, rows.digest)


def _read_documents(kind: Format, files: Listing, problems: Problems) -> Iterator[Document]:
    """Yield what a format reads; what it or a library raises over it is the data set's, unless a retry may mend it."""
    with noting(lambda: files.path.name, problems):
        yield from kind.read(files, problems)


def _skip_named(line: Document, columns: Sequence[str], files: Listing) -> None:
    """Take the files that a row names from what is reported as unread, whether the row is used or not."""
    for column in columns:
        if name := path_of(line.columns.get(column)):
            files.skip(line.folder / name)


def _describe_lack(uri: str, kind: Format, files: Listing, unread: Sequence[str]) -> str:
    if files.path.is_file():
        return f"{uri} has no rows"
    return f"{uri} has no rows in {kind.holds}" + (f"; not read: {name_some(unread)}" if unread else "")


def draw_replay(old: int, dataset: Dataset) -> Any:
    """Draw from the rows before the recent ones, in order, so many that they are the share `replay` of all rows used.

    The same rows give the same draw, and more rows another one, so that it isn't always the same that return.
    """
    wanted = round((dataset.recent or 0) * dataset.replay / (1 - dataset.replay))
    return np.sort(draw(old, min(old, wanted), seed=old))


def choose(order: Iterable[int], old: int, drawn: Iterable[int]) -> Iterator[int]:
    """Yield the drawn ones among the first `old` of the rows in order, and all that come after these."""
    places = iter(drawn)
    wanted = next(places, None)
    for place, number in enumerate(order):
        if place >= old:
            yield number
        elif place == wanted:
            wanted = next(places, None)
            yield number


def _store_rows(
    lines: Sequence[Document],
    columns: Mapping[str, str],
    roles: ColumnRoles,
    check: Check,
    problems: Problems,
) -> StoredRows:
    """Check rows and return them; raise BadInput with all that is wrong."""
    rows, is_right = StoredRows(), True
    for row in _to_rows(lines, columns, roles, check, problems):
        is_right = is_right and not problems
        if is_right:
            rows.append(row)
    rows.complete()
    problems.raise_if_any()
    return rows


def _to_rows(
    lines: Sequence[Document],
    columns: Mapping[str, str],
    roles: ColumnRoles,
    check: Check,
    problems: Problems,
) -> Iterator[Row]:
    needed = [role for role in roles.required if role not in roles.nullable]
    absent = _find_absent(lines, [columns[role] for role in needed])
    for role in needed:
        if columns[role] in absent:
            problems.add("every row", f'column "{columns[role]}" ({role}) is missing')
    for line in lines:
        values = {role: line.columns.get(column) for role, column in columns.items()}
        for role in needed:
            if columns[role] not in absent and (problem := _missing(line, columns[role])):
                problems.add(line.source, f'column "{columns[role]}" ({role}) {problem}')
        present = all(values[role] is not None for role in needed)
        if present and (problem := _find_problem(values, columns, roles, line, check)):
            problems.add(line.source, problem)
        yield Row(values, line.source)


def _find_absent(lines: Iterable[Document], columns: Iterable[str]) -> set[str]:
    """Return the columns that no row has."""
    absent = set(columns)
    for line in lines:
        absent.difference_update(line.columns)
        if not absent:
            break
    return absent


def _find_problem(
    values: dict[str, Any], columns: Mapping[str, str], roles: ColumnRoles, line: Document, check: Check
) -> str | None:
    """Put the files' contents in the place of their names, and return what is wrong with the row."""
    try:
        return _find_files(values, columns, roles, line) or roles.unfold(values) or check(values)
    except Unreadable as error:
        return f'column "{columns[error.role]}" ({error.role}) {error}'


def _missing(line: Document, column: str) -> str | None:
    if column not in line.columns:
        return "is missing"
    return "is null" if line.columns[column] is None else None


def _find_files(values: dict[str, Any], columns: Mapping[str, str], roles: ColumnRoles, line: Document) -> str | None:
    """Put the files' contents in the place of their names; return what is wrong with the first that isn't there."""
    for role in roles.files:
        with blamed_on(role):
            found = find_blob(values[role], line.folder)
        if isinstance(found, str):
            return f'column "{columns[role]}" ({role}) {found}'
        values[role] = found
    return None
