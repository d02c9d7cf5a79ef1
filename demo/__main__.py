"""`python -m demo`: drift, retraining and promotion on a real cluster, told with times and a picture."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from demo import picture, report
from demo.diagnosis import diagnose
from demo.kubectl import DemoFailed, Kubectl
from demo.moment import Observer
from demo.play import Play
from demo.prometheus import Prometheus
from demo.screen import Screen
from demo.stage import Stage, ensure_cluster
from demo.story import failures
from demo.telling import tell
from localcluster import provider
from localcluster.commands import Failed
from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import layout

PICTURE = Path("out/demo.png")


def main() -> int:
    """Play the demo; 0 where the story is as it should be. A second one waits: both would play in one namespace."""
    try:
        ensure_cluster()
        environment = provider.environment()
        with alone_on_the_cluster(layout().root, str(uuid4()), environment):
            return _run(environment)
    except (DemoFailed, Failed) as error:
        print(error, file=sys.stderr)
        return 1


def _run(environment: dict[str, str]) -> int:
    stage = Stage(Kubectl(environment))
    try:
        return _play(stage, Prometheus(environment["REFIT_PROMETHEUS_URL"]))
    except DemoFailed as error:
        print(f"\nThe demo failed: {error}\nThe cluster is left as it is.", file=sys.stderr)
        print("\n".join(diagnose(stage.kubectl)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _play(stage: Stage, prometheus: Prometheus) -> int:
    stage.set_up()
    began = datetime.now(UTC)
    metric = stage.monitor["spec"]["metric"]
    stage.start_monitor()
    with Screen(metric["threshold"]) as screen:
        play = Play(stage, Observer(stage.kubectl, prometheus, metric["query"]), screen, metric["threshold"])
        play.perform(began)
    story = tell(play)
    picture.save(story, PICTURE)
    print(f"\n{picture.draw(story, is_coloured=sys.stdout.isatty())}\n\n{report.render(story)}\npicture    {PICTURE}")
    missing = failures(story)
    if missing:
        raise DemoFailed("; ".join(missing))
    print("\nNobody touched anything but the traffic.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
