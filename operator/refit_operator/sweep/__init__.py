"""The sweep: many monitors at rest are read by few queries, and those are reconciled to which a reading could matter."""
