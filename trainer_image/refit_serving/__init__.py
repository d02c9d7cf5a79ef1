"""The reference model server: what it serves is named by a pointer, verified, and measured."""
