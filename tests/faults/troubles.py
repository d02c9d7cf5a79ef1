"""The faults of the surroundings that are played, in the order of their table."""

from tests.faults.clocks import ClockOff
from tests.faults.pairs import LeaderFrozen, TwoActive
from tests.faults.poison import Poisoned
from tests.faults.scenarios import BACK
from tests.faults.surroundings import (
    AllWatchesHalfOpen,
    ApiServerKilled,
    EtcdStopped,
    EtcdStoppedForALeader,
    PrometheusDownBeforeTheRun,
    PrometheusDownDuringVerification,
    ReadsStale,
    WatchesHalfOpen,
)
from tests.faults.trouble import Trouble


def troubles() -> list[Trouble]:
    """Return them all, new: each is played once."""
    return [
        *(ApiServerKilled("API server killed, started again", at) for at in ("Training", "RollingOut", "Verifying")),
        *(EtcdStopped(f"etcd stopped for {s} s", at, s) for s in (5, 90) for at in ("Training", "Verifying")),
        EtcdStoppedForALeader("etcd stopped for 90 s, under leader election", "Training", 90),
        WatchesHalfOpen("watches half open", "Training"),
        AllWatchesHalfOpen("watches half open, new ones too", "Training"),
        ReadsStale("list of runs from before the run", "Training", "list retrainruns", since=""),
        ReadsStale("list of Jobs and Job from before the run", "Judging", "list jobs", "get jobs", since="Queued"),
        ReadsStale("run from before the promotion", "Verifying", *RUNS, since="RollingOut"),
        ReadsStale("target from before the promotion", "Verifying", "get deployments", since="RollingOut"),
        ReadsStale("monitor from before the run", "Verifying", "get modelmonitors", "list modelmonitors", since=""),
        ReadsStale("run from before its rollback", "RollingBack", *RUNS, since="RollingBack", scenario=BACK),
        TwoActive("two operators at work, neither elected", "all stages"),
        *(LeaderFrozen("leader stopped past its Lease, then continued", at) for at in ("Training", "RollingOut")),
        ClockOff("clock an hour ahead", "Training", HOUR),
        ClockOff("clock an hour ahead", "Verifying", HOUR),
        ClockOff("clock an hour behind", "Training", -HOUR),
        ClockOff("clock a day ahead", "Training", 24 * HOUR),
        ClockOff("clock a day behind", "Verifying", -24 * HOUR),
        Poisoned("a monitor and two runs that don't parse", "all stages"),
        PrometheusDownBeforeTheRun("Prometheus down", "before the run"),
        PrometheusDownDuringVerification("Prometheus down", "Verifying"),
    ]


HOUR = 3600
RUNS = ("list retrainruns", "get retrainruns")
