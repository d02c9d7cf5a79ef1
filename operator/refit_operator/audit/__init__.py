"""Runs that ended, kept as audit documents where an administrator says."""
