"""Numbers and names that the operator knows too; the tests of both sides compare theirs with one file of numbers."""

import signal

EXIT_DONE = 0
"""The command has succeeded."""
EXIT_FAILED = 1
"""The command failed; a retry may succeed."""
EXIT_BAD_INPUT = 64
"""Configuration, data or a model folder is wrong, so that no retry helps: EX_USAGE of sysexits.h."""
EXIT_PEER_LOST = 75
"""Another process of the same training is gone, and the fault is reported by that one: EX_TEMPFAIL of sysexits.h."""
EXIT_UNCHANGED = 76
"""A worker process found nothing to train, and reported it; the command itself exits 0 then."""
EXIT_TERMINATED = 128 + signal.SIGTERM
"""SIGTERM ended the command; 128 plus the signal's number, as a shell reports it."""

TERMINATION_MESSAGE_BYTES = 4096
"""What the kubelet keeps of one container's termination message."""
SMALLEST_SLICE_ROWS = 30
"""Rows from which a slice may decide: the operator's gate ignores smaller ones."""
RENDEZVOUS_PORT = 29500
"""Where the first machine listens unless MASTER_PORT says otherwise: torchrun's default."""

ENV_CONFIG = "REFIT_CONFIG"
"""The variable with the configuration of the command, as JSON."""
ENV_NODES = "NNODES"
"""The variable with the number of machines that train together."""
ENV_NODE_RANK = "NODE_RANK"
"""The variable with this machine's number, from 0."""
ENV_MASTER_ADDR = "MASTER_ADDR"
"""The variable with the first machine's host name or address."""
ENV_MASTER_PORT = "MASTER_PORT"
"""The variable with the port that the first machine listens on."""
