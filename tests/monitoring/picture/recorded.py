"""`python -m tests.monitoring.picture.recorded --into FILE -- COMMAND`: the dashboard, of what a command led to.

A Prometheus of its own scrapes the operator of the cluster on this machine as manifests/monitoring/README.md says, with
`honor_labels: true`, which the cluster's doesn't. For the assembled node, whose pods this host reaches; not for kind.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from localcluster.configs import DISCOVERY_URL
from tests.monitoring.picture.__main__ import main as draw
from tests.support.prometheus.process import Prometheus

SCRAPE_S = 2
OPERATOR = {
    "job_name": "refit-operator",
    "honor_labels": True,
    "http_sd_configs": [{"url": DISCOVERY_URL, "refresh_interval": "2s"}],
    "relabel_configs": [{"source_labels": ["app"], "regex": "refit-operator", "action": "keep"}],
}
EVERY = {"scrape_interval": f"{SCRAPE_S}s", "scrape_timeout": f"{SCRAPE_S}s"}


def main(words: list[str]) -> int:
    """Run the command; 1 where it fails, or where a panel that always has data has none."""
    if "--" not in words:
        print(__doc__, file=sys.stderr)
        return 2
    options, command = words[: words.index("--")], words[words.index("--") + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        server = Prometheus(Path(folder))
        (server.folder / "prometheus.yml").write_text(yaml.safe_dump({"global": EVERY, "scrape_configs": [OPERATOR]}))
        with server:
            began = time.time()
            failed = subprocess.run(command, check=False).returncode
            shown = ["--minutes", str((time.time() - began) / 60), "--scrape", str(SCRAPE_S)]
            return draw(["--prometheus", f"http://127.0.0.1:{server.port}", *shown, *options]) or int(failed != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
