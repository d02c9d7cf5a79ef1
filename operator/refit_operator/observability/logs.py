"""One line for each thing done: JSON in a cluster, colours in a terminal. Libraries' warnings have the same form."""

import logging

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter, add_logger_name

_EVERY_LINE: tuple[structlog.types.Processor, ...] = (
    merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def set_up_logs(log_format: str) -> None:
    """Configure structlog, and limit the libraries."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*_EVERY_LINE, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    limit_libraries(_handler(renderer))


def limit_libraries(handler: logging.Handler | None = None) -> None:
    """Have libraries warn, but not of each connection beyond those that are kept open: it is closed as it should be."""
    logging.basicConfig(level=logging.WARNING, handlers=[handler] if handler else None)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def _handler(renderer: structlog.types.Processor) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_EVERY_LINE, add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, renderer],
        )
    )
    return handler
