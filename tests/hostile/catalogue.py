"""All hostile vectors, by family."""

from tests.hostile import (
    approvals,
    asked,
    beyond,
    forgeries,
    functions,
    jobs,
    schema,
    shadows,
    stolen,
    workloads,
    writers,
)
from tests.hostile.vectors import Entry, Family

FAMILIES: tuple[Family, ...] = (
    *writers.FAMILIES,
    writers.LISTED,
    *schema.FAMILIES,
    *asked.FAMILIES,
    *beyond.FAMILIES,
    *jobs.FAMILIES,
    *stolen.FAMILIES,
    *shadows.FAMILIES,
    *workloads.FAMILIES,
    *forgeries.FAMILIES,
    *approvals.FAMILIES,
    *functions.FAMILIES,
)


def of(entry: Entry) -> tuple[Family, ...]:
    """Return the families that are played at one place."""
    return tuple(family for family in FAMILIES if family.entry is entry)
