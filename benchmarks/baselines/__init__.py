"""What a competent user would write instead of the operator, for benchmarks/scale to hold it against."""
