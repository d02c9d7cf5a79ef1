"""A history of four hours of a day in 2026, for a Prometheus to start with."""

from datetime import UTC, datetime, timedelta

from refit_operator.prometheus.reader import Subject

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DIGEST = "sha256:" + "1" * 64
LABELLED = f'labelled{{monitor="reviews",namespace="shop",target="server",digest="{DIGEST}"}}'
SCRAPE = timedelta(seconds=15)
SCRAPES = 4 * 60 * 4  # four hours
DIES_AFTER = 3 * 60 * 4  # `dying_total` has three
NOON = BEGIN + timedelta(hours=1)
DEATH = BEGIN + timedelta(hours=3)
"""Of `dying_total`; its last sample is fifteen seconds before."""
ACCURACY = "sum(rate(correct_total[10m])) / sum(rate(judged_total[10m]))"
VARIABLES = 'labelled{monitor="$(name)",namespace="$(namespace)",target=~"$(target)",digest="$(digest)"}'
SUBJECT = Subject("shop", "reviews", "server", DIGEST)


def _value(name: str, scrape: int) -> str:
    return {
        "correct_total": f"{17 * scrape}",
        "judged_total": f"{20 * scrape}",
        "gap": f"{scrape}",
        "broken": ("NaN", "+Inf", "-Inf")[scrape % 3],
        "big": "1.5",
        "dying_total": f"{scrape}",
        LABELLED: "0.9",
        'pair{side="a"}': "1",
        'pair{side="b"}': "2",
    }[name]


def _is_there(name: str, scrape: int) -> bool:
    """The gap is a quarter of an hour long, more than Prometheus looks back."""
    return (name != "gap" or not 480 <= scrape < 540) and (name != "dying_total" or scrape < DIES_AFTER)


def history() -> str:
    """Return it as OpenMetrics."""
    names = ["correct_total", "judged_total", "gap", "broken", "big", "dying_total"]
    names += ['pair{side="a"}', 'pair{side="b"}', LABELLED]
    start = int(BEGIN.timestamp())
    seconds = int(SCRAPE.total_seconds())
    lines = [
        f"{name} {_value(name, scrape)} {start + scrape * seconds}"
        for name in names
        for scrape in range(SCRAPES)
        if _is_there(name, scrape)
    ]
    return "\n".join([*lines, "# EOF\n"])
