"""Check monitors before they are applied: without a cluster, by the rules that the API server and the operator have."""
