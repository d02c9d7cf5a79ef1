"""Bugs of how a server is asked that seemed to take no request's body."""

from tests.mutants.mutant import Mutant

IN_BODY = ("tests/unit/prometheus/test_in_body.py",)

BODIES = (
    Mutant(
        "a damaged answer has a server asked by addresses for ever",
        "prometheus/rules/manner.py",
        "in_body=rounds >= BODIES_AGAIN,",
        "in_body=False,",
        IN_BODY,
    ),
    Mutant(
        "a server that takes no bodies is asked by one in every round",
        "prometheus/rules/manner.py",
        "in_body=rounds >= BODIES_AGAIN,",
        "in_body=True,",
        IN_BODY,
    ),
    Mutant(
        "rounds of before count for the next time that a body is refused",
        "prometheus/rules/manner.py",
        "replace(self, in_body=False, without_body=0)",
        "replace(self, in_body=False)",
        IN_BODY,
    ),
)
