"""Bugs of what is kept of runs that ended: written twice, recorded before it is written, or pruned before."""

from tests.mutants.mutant import Mutant

KEEPER = ("tests/unit/audit/test_keeper.py",)

AUDIT = (
    Mutant(
        "an audit document that is there is written again", "audit/folder.py", "if file.exists():", "if False:", KEEPER
    ),
    Mutant(
        "an audit document appears before it is whole",
        "audit/folder.py",
        'half = file.with_suffix(".part")',
        "half = file",
        KEEPER,
    ),
    Mutant(
        "an audit document is recorded before it is written",
        "controller/keep.py",
        "elif keeper.is_kept(id):",
        "elif True:",
        KEEPER,
    ),
    Mutant(
        "a run goes before its audit document is kept",
        "run/rules/prune.py",
        "if run.status.audit_time or not h.awaits_audit",
        "if True",
        KEEPER,
    ),
    Mutant(
        "a monitor whose document had no room is forgotten",
        "audit/keeper.py",
        "            self._later[_monitor_of(document)] = None\n",
        "",
        KEEPER,
    ),
)
