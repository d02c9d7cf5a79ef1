"""Records by their values."""

from benchmarks.decisions import Records
from benchmarks.pages import Record


def of(records: Records, **wanted: object) -> list[Record]:
    """Return the records with these values."""
    return [record for record in records if all(record.get(key) == value for key, value in wanted.items())]
