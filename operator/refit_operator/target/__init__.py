"""The workload that serves: a Deployment, or another kind."""
