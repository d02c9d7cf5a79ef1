"""From files to rows: read, take the newest, then check exactly the rows that will be used.

The model server may be appending while this reads: an unfinished last line isn't a row yet.
"""

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.blob import find_blob, path_of
from refit_trainer.data.columns import ColumnRoles, gather
from refit_trainer.data.formats import Document, Format, find_format
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems, Row, RowSet, name_some
from refit_trainer.data.times import NoTime, parse_time, write_utc
from refit_trainer.data.unreadable import Unreadable, blamed_on, noting
from refit_trainer.storage.uris import fetch

log = logging.getLogger(__name__)
Check = Callable[[Mapping[str, Any]], str | None]


def read_rows(uri: str, dataset: Dataset, roles: ColumnRoles, check: Check) -> RowSet:
    """Read the rows at a URI: the newest, and some of the others to replay; raise BadInput with all that is wrong."""
    columns = roles.map_columns(dataset.columns)
    files, problems, kind = Listing(fetch(uri)), Problems(), find_format(dataset.format)
    lines = list(_read_documents(kind, files, problems))
    times = _times(lines, dataset.columns.get("time"), problems)
    problems.raise_if_any()
    unread = _find_unread(lines, [columns[role] for role in roles.files if role in columns], files)
    if not lines:
        raise BadInput(_describe_lack(uri, kind, files, unread))
    order = sorted(range(len(lines)), key=lambda i: times[i]) if times else range(len(lines))
    old = max(0, len(lines) - (dataset.recent or len(lines)))
    drawn = draw_replay(old, dataset)
    chosen = [lines[order[i]] for i in (*drawn, *range(old, len(lines)))]
    rows = tuple(_to_rows(chosen, columns, roles, check, problems))
    problems.raise_if_any()
    log.info("data.read uri=%s rows=%d of=%d replayed=%d", uri, len(rows), len(lines), len(drawn))
    if unread:
        log.warning(
            "data.unread uri=%s count=%d names=%s: no row is read from these", uri, len(unread), name_some(unread)
        )
    return RowSet(rows, write_utc(max(times)) if times else None, len(drawn), unread)


def _read_documents(kind: Format, files: Listing, problems: Problems) -> Iterator[Document]:
    """Yield what a format reads; what it or a library raises over it is the data set's, unless a retry may mend it."""
    with noting(lambda: files.path.name, problems):
        yield from kind.read(files, problems)


def _find_unread(lines: Iterable[Document], columns: Sequence[str], files: Listing) -> tuple[str, ...]:
    """Return the names of what no format took and no row names, whether the row is used or not."""
    for line in lines:
        for column in columns:
            if name := path_of(line.columns.get(column)):
                files.skip(line.folder / name)
    return files.left()


def _describe_lack(uri: str, kind: Format, files: Listing, unread: Sequence[str]) -> str:
    if files.path.is_file():
        return f"{uri} has no rows"
    return f"{uri} has no rows in {kind.holds}" + (f"; not read: {name_some(unread)}" if unread else "")


def draw_replay(old: int, dataset: Dataset) -> list[int]:
    """Draw from the rows before the recent ones, in order, so many that they are the share `replay` of all rows used.

    The same rows give the same draw, and more rows another one, so that it isn't always the same that return.
    """
    wanted = round((dataset.recent or 0) * dataset.replay / (1 - dataset.replay))
    return sorted(random.Random(old).sample(range(old), min(old, wanted)))


def _times(lines: Sequence[Document], column: str | None, problems: Problems) -> list[float]:
    """Return each row's time in seconds, or nothing where rows have none: then their order in the files counts.

    An unmapped column named `time` is used where every row has a valid one; a mapped one must be valid in every row.
    A number or a date that can't be a time is wrong in either.
    """
    times: list[float] = []
    for line in lines:
        value = line.columns.get(column or "time")
        try:
            times.append(parse_time(value))
        except NoTime as problem:
            if column or problem.is_meant:
                problems.add(line.source, f'column "{column or "time"}" (time) is {value!r:.80}, {problem}')
    return times if len(times) == len(lines) else []


def _to_rows(
    lines: Sequence[Document], columns: Mapping[str, str], roles: ColumnRoles, check: Check, problems: Problems
) -> Iterator[Row]:
    lines = [replace(line, columns=gather(line.columns, columns, roles.gathered)) for line in lines]
    absent = {column for column in columns.values() if not any(column in line.columns for line in lines)}
    needed = [role for role in roles.required if role not in roles.nullable]
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


def _find_problem(
    values: dict[str, Any], columns: Mapping[str, str], roles: ColumnRoles, line: Document, check: Check
) -> str | None:
    """Put the files' contents in the place of their names, and return what is wrong with the row."""
    try:
        return _find_files(values, columns, roles, line) or check(values)
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
