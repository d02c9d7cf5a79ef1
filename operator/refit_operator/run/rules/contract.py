"""Numbers that trainer and operator both know (docs/contract.md); tests of both read tests/contract/numbers.json."""

EXIT_BAD_INPUT = 64
"""Exit code for a wrong configuration or wrong data (EX_USAGE of sysexits.h): another attempt can't help."""
EXIT_PEER_LOST = 75
"""Exit code of a trainer that ends because another machine of its training is gone (EX_TEMPFAIL of sysexits.h)."""
TERMINATION_MESSAGE_BYTES = 4096
"""The most that Kubernetes keeps of a container's termination message."""
SMALLEST_SLICE_ROWS = 30
"""Rows of the holdout below which a slice decides nothing."""
RENDEZVOUS_PORT = 29500
"""Port on which the machines of one training meet: torchrun's own default."""
COMPLETION_INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"
"""The annotation that Kubernetes gives the pods of an Indexed Job."""
