"""When to retrain."""
