"""Several processes, on one machine or more, that train one model."""
