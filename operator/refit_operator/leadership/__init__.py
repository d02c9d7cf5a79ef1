"""Who acts: one process holds a Lease, the others stand by. What acts is safe with two at once all the same."""
