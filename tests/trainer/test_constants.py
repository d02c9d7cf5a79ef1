"""The numbers that the operator knows as well: one file has them, and the tests of both sides read it."""

import json

from refit_trainer.contract import constants
from tests.support.trainer.commands import ROOT


def test_the_trainers_numbers_are_the_contracts() -> None:
    assert json.loads((ROOT / "tests/contract/numbers.json").read_text()) == {
        "exitBadInput": constants.EXIT_BAD_INPUT,
        "exitPeerLost": constants.EXIT_PEER_LOST,
        "terminationMessageBytes": constants.TERMINATION_MESSAGE_BYTES,
        "smallestSliceRows": constants.SMALLEST_SLICE_ROWS,
        "rendezvousPort": constants.RENDEZVOUS_PORT,
    }
