"""Bugs of how many outcomes come together in the verification of a promotion."""

from tests.mutants.mutant import Mutant

SEQUENTIAL = ("tests/unit/prometheus/test_sequential_together.py",)
RUN = ("tests/unit/run/test_together.py",)
FILE = "prometheus/rules/sequential.py"

DISP = (
    Mutant(
        "outcomes of a promotion that come together count each by itself",
        FILE,
        "        repeats = _repeats(before, windows[:number])",
        "        repeats = before.repeats",
        SEQUENTIAL,
    ),
    Mutant(
        "what is known to come together is forgotten after a promotion",
        FILE,
        "max(before.repeats, bound, across(windows))",
        "max(bound, across(windows))",
        SEQUENTIAL,
    ),
    Mutant(
        "groups that span windows after a promotion aren't seen",
        FILE,
        "max(before.repeats, bound, across(windows))",
        "max(before.repeats, bound)",
        SEQUENTIAL,
    ),
    Mutant(
        "the windows of before tell nothing of groups",
        FILE,
        "(before.scatter + neighbours(windows)).bound()",
        "neighbours(windows).bound()",
        SEQUENTIAL,
    ),
    Mutant(
        "the windows of after tell nothing of groups",
        FILE,
        "(before.scatter + neighbours(windows)).bound()",
        "before.scatter.bound()",
        SEQUENTIAL,
    ),
    Mutant(
        "a verdict depends on windows after it",
        FILE,
        "        repeats = _repeats(before, windows[:number])",
        "        repeats = _repeats(before, windows)",
        SEQUENTIAL,
    ),
    Mutant(
        "few differences are as good as many",
        "prometheus/rules/dispersion.py",
        "max(self.upper(MARGIN), self.mean / root**3) if root > 0 else inf",
        "max(1.0, self.mean)",
        SEQUENTIAL,
    ),
    Mutant(
        "a run isn't given the differences of before the drop",
        "monitor/rules/evidence.py",
        "with_differences(led, None, o.weighed[:likeliest], o.weighed[likeliest:])",
        "with_differences(led, None, o.weighed[likeliest:])",
        RUN,
    ),
    Mutant(
        "a drop is a difference of neighbours",
        "monitor/rules/evidence.py",
        "with_differences(led, None, o.weighed[:likeliest], o.weighed[likeliest:])",
        "with_differences(led, None, o.weighed)",
        RUN,
    ),
    Mutant(
        "the replaced model's last windows tell nothing of groups",
        "run/rules/baseline.py",
        "with_differences(found, trigger.baseline, since)",
        "with_differences(found, trigger.baseline)",
        RUN,
    ),
    Mutant(
        "a run forgets what its monitor knew of groups",
        "run/rules/baseline.py",
        "with_differences(found, trigger.baseline, since)",
        "with_differences(found, None, since)",
        RUN,
    ),
    Mutant(
        "a run forgets its monitor's repeats",
        "run/rules/before_after.py",
        "outcomes_of(baseline, run.spec.metric.known_repeats)",
        "outcomes_of(baseline)",
        RUN,
    ),
)
