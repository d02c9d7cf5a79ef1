"""`python -m demo`: drift, retraining and promotion on a real cluster, with times and a picture."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from demo import picture, report
from demo.collect import collect_story
from demo.diagnosis import diagnose
from demo.kubectl import DemoFailed, Kubectl
from demo.prometheus import Prometheus
from demo.scenario import Scenario
from demo.screen import Screen
from demo.snapshot import Observer
from demo.story import failures
from demo.workloads import Workloads, ensure_cluster
from localcluster import provider
from localcluster.commands import Failed
from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import layout

PICTURE = Path("out/demo.png")


def main() -> int:
    """Run the demo; 0 where its results are as they should be. A second one waits: both would use one namespace."""
    try:
        ensure_cluster()
        environment = provider.environment()
        with alone_on_the_cluster(layout().root, str(uuid4()), environment):
            return _run(environment)
    except (DemoFailed, Failed) as error:
        print(error, file=sys.stderr)
        return 1


def _run(environment: dict[str, str]) -> int:
    workloads = Workloads(Kubectl(environment))
    try:
        return _run_scenario(workloads, Prometheus(environment["REFIT_PROMETHEUS_URL"]))
    except DemoFailed as error:
        print(f"\nThe demo failed: {error}\nThe cluster is left as it is.", file=sys.stderr)
        print("\n".join(diagnose(workloads.kubectl)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run_scenario(workloads: Workloads, prometheus: Prometheus) -> int:
    workloads.deploy()
    began = datetime.now(UTC)
    metric = workloads.monitor["spec"]["metric"]
    workloads.apply_monitor()
    with Screen(metric["threshold"]) as screen:
        observer = Observer(workloads.kubectl, prometheus, metric["ratio"])
        scenario = Scenario(workloads, observer, screen, metric["threshold"])
        scenario.run(began)
    story = collect_story(scenario)
    picture.save(story, PICTURE)
    print(f"\n{picture.draw(story, is_coloured=sys.stdout.isatty())}\n\n{report.render(story)}\npicture    {PICTURE}")
    missing = failures(story)
    if missing:
        raise DemoFailed("; ".join(missing))
    print("\nNothing was changed by hand but the traffic.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
