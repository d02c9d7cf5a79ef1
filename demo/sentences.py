"""Which sentences are trained on, sent, and held out. Pure.

The first model learns from a few movie reviews, the traffic sends the others. A part of the tweets is held out until
the retrained model serves: no training has seen those.
"""

from collections.abc import Sequence

from demo.data import Row

LABELLED = 2000
UNSEEN = 1200
MOVIES, TWEETS, TWEETS_UNSEEN = "movies", "tweets", "tweets-unseen"


def split(movies: Sequence[Row], tweets: Sequence[Row]) -> dict[str, Sequence[Row]]:
    """Return the rows by the name of the file that holds them; no sentence is in two files."""
    return {
        "movies-labelled": movies[:LABELLED],
        MOVIES: movies[LABELLED:],
        TWEETS: tweets[UNSEEN:],
        TWEETS_UNSEEN: tweets[:UNSEEN],
    }
