"""What docs/how-to/shadow.md shows of agreement: the kinds of traffic, and the candidate that is as it should be."""

TRAFFIC = ("tweets", "movies")
"""What is sent to a model that knows movie reviews: the sentences that it was retrained for, or those of always."""
GOOD = "as the demo trains it"
SEEDS = (1,)
