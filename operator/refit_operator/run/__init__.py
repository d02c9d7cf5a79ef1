"""One attempt: train, judge, promote, watch, and take back what disappoints."""
