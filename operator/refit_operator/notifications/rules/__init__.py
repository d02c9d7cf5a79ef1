"""Which episodes are sent, and in which words. Pure."""
