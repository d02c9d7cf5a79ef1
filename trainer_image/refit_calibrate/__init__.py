"""`refit-calibrate`: from a history of labels, which threshold separates a drift from the readings' scatter."""
