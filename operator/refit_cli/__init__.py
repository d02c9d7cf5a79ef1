"""kubectl-refit: show monitors and runs, act on them, and check a monitor before it is applied."""
