"""What the operator and the trainer agree on: configuration, termination message, exit codes, environment."""
