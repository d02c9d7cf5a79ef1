"""What the operator says about itself: metrics, probes, logs."""
