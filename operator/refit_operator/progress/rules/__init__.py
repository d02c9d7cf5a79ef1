"""Whose report it is, what it says, and what a pod needs to send it: no network, no clock."""
