"""The operator's log, as a process of its own writes it: one JSON object a line, of libraries too."""

import json
import subprocess
import sys

PROGRAM = """
import logging
import structlog
from refit_operator.observability.logs import set_up_logs

set_up_logs("json")
with structlog.contextvars.bound_contextvars(trace_id="0a1b"):
    structlog.get_logger().info("operator started", namespaces="all")
structlog.get_logger().debug("nobody reads this")
logging.getLogger("a.library").info("nor this")
logging.getLogger("a.library").warning("lost %s", "a connection")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("two lines\\nof text")
    structlog.get_logger().exception("operator failed")
"""


def test_every_line_is_an_object_with_event_level_and_timestamp() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    own, libraries = ([json.loads(line) for line in said.splitlines()] for said in (done.stdout, done.stderr))
    assert [(line["event"], line["level"]) for line in own] == [
        ("operator started", "info"),
        ("operator failed", "error"),
    ]
    assert (own[0]["namespaces"], own[0]["trace_id"]) == ("all", "0a1b")
    assert "trace_id" not in own[1] and "ZeroDivisionError" in own[1]["exception"]
    assert [(line["event"], line["level"], line["logger"]) for line in libraries] == [
        ("lost a connection", "warning", "a.library"),
        ("two lines\nof text", "error", "asyncio"),
    ]
    assert "ZeroDivisionError" in libraries[1]["exception"]
    assert all(line["timestamp"].endswith("Z") for line in [*own, *libraries])
