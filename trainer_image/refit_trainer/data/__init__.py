"""Rows: read from files in any format, checked, and named by a digest."""
