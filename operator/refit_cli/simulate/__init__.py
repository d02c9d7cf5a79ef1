"""When a monitor would have retrained, by readings of before, through the operator's own decision."""
