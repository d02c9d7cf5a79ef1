"""`kubectl refit doctor MONITOR`: what in a cluster would keep a monitor from working."""
