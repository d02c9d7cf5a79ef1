"""What reconcilers reach the world through."""

from dataclasses import dataclass, field

from refit_operator.audit.keeper import Keeper
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.notifications.notifier import Notifier
from refit_operator.observability.otel import RunTracer
from refit_operator.places.rules.places import Places
from refit_operator.progress.cache import ProgressCache
from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector


@dataclass(frozen=True)
class Ports:
    """The API server, Prometheus, breaches of one server side by side, the time, what training pods reported, and which
    runs have a place.
    """

    cluster: Cluster
    reader: Reader
    mass_breach: MassBreachDetector
    clock: Clock = field(default_factory=Clock)
    progress: ProgressCache = field(default_factory=ProgressCache)
    reporting: Reporting | None = None
    """What pods need to report; None where nothing listens."""
    judge_image: str = ""
    """The judge's image where a monitor names none; empty: the trainer's."""
    places: Places = field(default_factory=Places)
    notifier: Notifier | None = None
    """None where nobody is notified."""
    keeper: Keeper | None = None
    """None where no audit document is kept."""
    tracer: RunTracer | None = None
    """None where traces are off."""
