"""A run explained: what the judge measured, as a page that a person reads in a minute, and the model card beside it."""
