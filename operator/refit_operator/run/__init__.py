"""One attempt: train, judge, promote, verify, and roll back on regression."""
