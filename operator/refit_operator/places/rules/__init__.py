"""Who has a place, who waits, and who is next."""
