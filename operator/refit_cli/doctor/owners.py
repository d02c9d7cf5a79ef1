"""Whether somebody else applies the pointer, so that a promotion would be refused once a run has cost its time."""

from collections.abc import Iterator

from refit_cli.doctor.checks import Examined, fail
from refit_cli.exits import Failed
from refit_cli.gitops import carrier_of, owned_by_others
from refit_operator.monitor.rules.decision import Observed
from refit_operator.target.rules.ownership import handover


def examine_owners(o: Observed) -> Iterator[Examined]:
    """Yield what others apply of the pointer, unless that is handed over."""
    if o.target is None or o.taken_pointer == handover(o.target.pointer, o.runs):
        return
    try:
        owned = owned_by_others(carrier_of(o.target))
    except Failed:  # there is no ConfigMap, as the target's own check says
        return
    name = o.monitor.metadata.name
    for path, managers in owned.items():
        words = f"{'.'.join(path)} is owned by {', '.join(managers)}: a promotion would end with FieldConflict"
        advice = f"kubectl refit gitops {name} says what to leave out there, kubectl refit take {name} takes it over"
        yield fail("pointer", f"{words}; {advice}")
