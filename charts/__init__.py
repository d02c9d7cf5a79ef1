"""The Helm chart in charts/refit, generated from manifests/, crds/ and the operator's settings."""
