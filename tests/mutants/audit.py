"""Bugs of what is kept of runs that ended: written twice, recorded before it is written, or pruned before."""

from tests.mutants.mutant import Mutant

KEEPER = ("tests/unit/audit/test_keeper.py",)

AUDIT = (
    Mutant(
        "an audit document that is there is written again",
        "audit/folder.py",
        "if not _is_there(file, document, content):",
        "if True:",
        KEEPER,
    ),
    Mutant(
        "an audit document appears before it is whole",
        "audit/folder.py",
        'half = file.with_suffix(f".{uuid4().hex}.part")',
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
        "an audit document that can't be written is forgotten",
        "audit/keeper.py",
        "                self._waiting[id] = document\n",
        "",
        KEEPER,
    ),
    Mutant(
        "what isn't an OSError ends the operator",
        "audit/keeper.py",
        "except Exception as error:",
        "except OSError as error:",
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
