"""The rows: every kind of reading, how it comes about, and what must come of it.

A real Prometheus makes all that it can. Only what a proxy before it does is made by a stand-in for that proxy: 403,
502, a redirect, an answer that drips, breaks off or isn't Prometheus'.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.matrix import spoils
from tests.matrix.spoils import Spoil, proxied, says, says_after_promotion
from tests.matrix.stand import Source, Tells, at_its_own_time, quality
from tests.support.prometheus.fakes import answer, dripping, truncated

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LOGIN = b"<html>please log in</html>"
MUCH = [f'quality{{n="{n}",padding="{"x" * 50_000}"}} 1' for n in range(100)]
"""An answer of five megabytes."""
AGED: dict[str, Any] = {"maxAge": "4s"}


@dataclass(frozen=True)
class Row:
    """One kind of reading."""

    name: str
    """How it comes about, for people."""
    reads: str
    """Reason of MetricAvailable."""
    spoil: Spoil
    says: str = ""
    """What the message of MetricAvailable must hold."""
    in_run: Spoil | None = None
    """What is done instead while a run is under way; None: the same."""
    source: Source = Source.PLAIN
    metric: dict[str, Any] = field(default_factory=dict)
    """What is other of the monitor's `spec.metric`."""
    tells: Tells = quality
    """What the target says otherwise: at first a good value, then one in breach, which starts the run."""
    training_s: int = 8
    """How long training takes: the reading has to show meanwhile."""
    looks: int = 4
    """How many looks must start nothing: more than the readings of a window."""
    starts: bool = False
    """Whether a run starts without any other reading."""
    ends: tuple[str, str] = ("Promoted", "Unknown TooFewReadings")
    """The run's outcome and its condition Confirmed."""
    always: bool = False
    """Whether `make test` plays it."""

    @property
    def truth(self) -> str:
        """MetricAvailable's status and reason."""
        return f"{self.reads == 'Value'} {self.reads}"


SLOW = "it didn't answer in time"
"""First as Timeout; after five in a row as CircuitOpen, which names the cause."""
NO_REGRESSION = ("Promoted", "True NoRegression")

CONTROLS = (
    Row("a value that is good", "Value", says(quality(0.9)), ends=NO_REGRESSION, always=True),
    Row("a value in breach", "Value", says(quality(0.5)), starts=True, ends=NO_REGRESSION),
    Row(
        "a value in breach, and a worse one after the promotion",
        "Value",
        says(quality(0.5)),
        in_run=says_after_promotion(quality(0.5), quality(0.3)),
        starts=True,
        ends=("RolledBack", "False Regressed"),
        always=True,
    ),
)

OF_THE_QUERY = (
    Row("the target is gone", "NoData", spoils.target_missing),
    Row("the series is gone", "NoData", says("scale 1"), always=True),
    Row("NaN", "NotANumber", says(quality("NaN")), always=True),
    Row("+Inf", "NotANumber", says(quality("+Inf"))),
    Row("-Inf", "NotANumber", says(quality("-Inf"))),
    Row("1.5, outside `metric.bounds`", "OutOfRange", says(quality(1.5)), "1.5"),
    Row("two series", "MultipleSeries", says('quality{side="a"} 0.5', 'quality{side="b"} 0.5'), "2 series"),
    Row(
        "the target is gone, the query answers on",
        "Stale",
        spoils.target_missing,
        metric=AGED,
        tells=at_its_own_time,
        training_s=15,
    ),
    Row(
        "the target repeats an old sample",
        "Stale",
        spoils.repeated,
        metric=AGED,
        tells=at_its_own_time,
        training_s=15,
    ),
    Row(
        "3 samples, fewer than `metric.minSamples`",
        "TooFewSamples",
        says("quality 0.5", "judged 3"),
        "only 3",
        metric={"minSamples": {"query": "judged", "count": 200}},
    ),
)

TWO_SCALES = ("quality 0.5", 'scale{side="a"} 1', 'scale{side="b"} 1')

OF_THE_SERVER = (
    Row("Prometheus is down", "QueryFailed", spoils.stopped, "(Refused)", always=True),
    Row("Prometheus hangs", "QueryFailed", spoils.frozen, SLOW, training_s=30, looks=1),
    Row(
        "Prometheus refuses the query (422)",
        "QueryFailed",
        says(*TWO_SCALES),
        "(BadQuery)",
        metric={"query": "quality * on() scale"},
    ),
    Row(
        "the query takes too long for Prometheus (503)",
        "QueryFailed",
        spoils.without_time,
        "(ServerError)",
        training_s=15,
    ),
    Row("an answer of 5 MB", "QueryFailed", says(*MUCH), "(TooLarge)"),
)


def _guarded(name: str, spoil: Spoil, says: str) -> Row:
    return Row(name, "QueryFailed", spoil, says, source=Source.GUARDED)


OF_CREDENTIALS = (
    _guarded("a certificate that nobody trusts", spoils.certificate_of_another, "(Tls)"),
    _guarded("another password is wanted (401)", spoils.another_password, "(Unauthorized)"),
    _guarded("the Secret is gone", spoils.secret_is_gone, "(BadSecret)"),
    _guarded("the Secret is no longer lent", spoils.no_longer_lent, "(Forbidden)"),
)


def _proxy(name: str, script: Any, says: str, **more: Any) -> Row:
    return Row(f"a proxy {name}", "QueryFailed", proxied(script), says, source=Source.PROXY, **more)


OF_A_PROXY = (
    _proxy("refuses (403)", answer("403 Forbidden", b"no"), "(Unauthorized)"),
    _proxy("finds nobody behind it (502)", answer("502 Bad Gateway", b"<html>502</html>"), "(ServerError)"),
    _proxy("leads elsewhere (302)", answer("302 Found", b"", "Location: http://169.254.169.254/"), "(Redirect)"),
    _proxy("shows a page to log in (200)", answer("200 OK", LOGIN, "Content-Type: text/html"), "(Malformed)"),
    _proxy("breaks off", truncated(b'{"status":"success"'), "(Refused)"),
    _proxy("drips", dripping(HEAD + b"Content-Length: 9999\r\n\r\n"), SLOW, training_s=30, looks=1),
)

ROWS = (*CONTROLS, *OF_THE_QUERY, *OF_THE_SERVER, *OF_CREDENTIALS, *OF_A_PROXY)
