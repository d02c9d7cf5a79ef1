"""How sure the difference of two models is that were judged on the same rows."""
