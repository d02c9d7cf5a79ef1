"""When to retrain, and what the status says: no network, no clock."""
