"""The serving workload as decisions see it: its pointer, its wiring, its rollout, and whose change counts."""
