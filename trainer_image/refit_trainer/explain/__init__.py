"""The report of a run: the judge's measures as an HTML page, and the model card beside it."""
