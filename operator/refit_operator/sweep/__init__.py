"""The sweep: monitors at rest are read by few queries, and those reconciled to which a reading could matter."""
