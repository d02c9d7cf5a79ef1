"""Queries, readings and windows as values: no network, no clock."""
