"""The sweep: many monitors at rest are read by few queries, and those that a reading could matter to are looked at."""
