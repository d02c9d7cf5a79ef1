"""The serving Deployment."""
