"""The reference implementation of the trainer's contract: see docs/contract.md."""
