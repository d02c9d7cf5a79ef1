"""Measurements and simulations that the documentation quotes."""
