"""Refit: retrain a served model when its measured accuracy falls."""
