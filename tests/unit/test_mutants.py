"""The known bugs can still be put in: `make mutants` takes too long to find that out after each change."""

from tests.mutants.__main__ import ROOT, problem_with
from tests.mutants.catalogue import MUTANTS


def test_each_mutant_can_be_put_in() -> None:
    problems = {mutant.name: problem_with(mutant, ROOT) for mutant in MUTANTS}
    assert {name: problem for name, problem in problems.items() if problem} == {}


def test_each_mutant_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
