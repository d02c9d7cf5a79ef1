"""The Job, its pod and its Service, and the JSON that trainer and judge get."""
