"""Numbers that both sides of the contract know: the trainer's tests read the same file."""

import json
from pathlib import Path

from refit_operator.run.rules import contract

CONTRACT = Path(__file__).parents[2] / "contract"


def test_the_operators_numbers_are_the_contracts() -> None:
    assert json.loads((CONTRACT / "numbers.json").read_text()) == {
        "exitBadInput": contract.EXIT_BAD_INPUT,
        "exitPeerLost": contract.EXIT_PEER_LOST,
        "terminationMessageBytes": contract.TERMINATION_MESSAGE_BYTES,
        "smallestSliceRows": contract.SMALLEST_SLICE_ROWS,
        "rendezvousPort": contract.RENDEZVOUS_PORT,
    }
