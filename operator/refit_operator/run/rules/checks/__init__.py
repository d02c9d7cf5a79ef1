"""The checks of `decide.CHECKS`, by the part of the run that they check."""
