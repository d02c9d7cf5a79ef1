"""`refit-calibrate`: which threshold tells a real drift from the scatter of the readings, from a history of labels."""
