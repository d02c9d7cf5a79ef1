"""The story as lines of text. Pure."""

from collections.abc import Iterator
from datetime import datetime

from demo.story import Story, percent


def render(story: Story) -> str:
    """Return the story as text."""
    return "\n".join((*_times(story), "", *_accuracies(story), "", *_facts(story)))


def _times(story: Story) -> Iterator[str]:
    attempt = story.attempt
    served, candidate = attempt.gate or (None, None)
    rows = f" on {attempt.training_rows} rows" if attempt.training_rows else ""
    breach = story.evidence.message or f"accuracy {percent(attempt.breached_value)} < {percent(story.threshold)}"
    chapters: tuple[tuple[datetime | None, str], ...] = (
        (story.drift, "drift      the traffic turns from movie reviews to tweets"),
        (attempt.breached, f"breach     {breach}"),
        (attempt.started, f"Job        {attempt.name} trains{rows}"),
        (attempt.trained, f"candidate  {percent(candidate)} on the holdout against {percent(served)}"),
        (attempt.rolled_out, "ready      every pod serves the candidate"),
        (story.recovered, "recovered  accuracy back above the threshold"),
        (attempt.completed, f"confirmed  {attempt.outcome}: {attempt.message}"),
    )
    for when, text in chapters:
        if when is not None:
            yield f"{_clock(when)}  {(when - story.drift).total_seconds():+5.0f} s  {text}"


def _clock(when: datetime) -> str:
    return when.strftime("%H:%M:%S")


def _accuracies(story: Story) -> Iterator[str]:
    a = story.accuracies
    yield f"{'accuracy':28}{'before':>10}{'after':>10}"
    yield f"{'tweets (after: unseen ones)':28}{percent(a.tweets_before):>10}{percent(a.tweets_after):>10}"
    yield f"{'movie reviews':28}{percent(a.movies_before):>10}{percent(a.movies_after):>10}"


def _facts(story: Story) -> Iterator[str]:
    before, after = (digest[:19] or "unknown" for digest in story.digests)
    yield f"served     {before} → {after}"
    yield f"requests   {story.requests.sent} sent, {story.requests.failed} failed"
