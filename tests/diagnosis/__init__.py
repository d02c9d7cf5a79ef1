"""Faulty set-ups, what lint, doctor and the status say of each, and the page of that."""
