"""One line for each thing done: JSON in a cluster, colours in a terminal."""

import logging

import structlog


def set_up_logs(log_format: str) -> None:
    """Configure structlog, and limit the libraries."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    limit_libraries()


def limit_libraries() -> None:
    """Have libraries warn, but not of each connection beyond those that are kept open: it is closed as it should be."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
