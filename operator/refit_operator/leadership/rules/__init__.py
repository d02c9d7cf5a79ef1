"""Acquire, renew or wait: no network, no clock."""
