"""From a query to a reading: what Prometheus says about a model, as data the decisions can trust."""
