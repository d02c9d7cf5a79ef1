"""`refit-serve`: load, verify, serve, drain. It listens only once the model is verified and warm."""

import logging
import os
import signal
import socket
import sys
from functools import partial
from types import FrameType
from typing import NoReturn

from refit_trainer.contract.constants import EXIT_BAD_INPUT, EXIT_FAILED, EXIT_TERMINATED
from refit_trainer.contract.errors import BadInput, StorageFailed
from refit_trainer.contract.process_setup import configure_logs, set_defaults
from refit_trainer.contract.termination_message import write_error

log = logging.getLogger("refit_serving")


def main() -> NoReturn:
    """Run the server until SIGTERM; end with 64 and a message where the model or a setting is wrong."""
    signal.signal(signal.SIGTERM, _stop)
    set_defaults()
    configure_logs()
    try:
        serve()
    except BadInput as error:
        log.error("refused error=%s", error)
        write_error(str(error))
        sys.exit(EXIT_BAD_INPUT)
    except StorageFailed as error:
        log.error("failed error=%s", error)
        write_error(str(error))
        sys.exit(EXIT_FAILED)
    sys.exit(0)


def serve() -> None:
    """Load the model and serve it."""
    import uvicorn

    from refit_serving.admission import Admission
    from refit_serving.app import build_app
    from refit_serving.connections import BoundedProtocol, Connections
    from refit_serving.drain import CloseConnections, Drain, DrainingServer
    from refit_serving.follow import Follower
    from refit_serving.labellers import Labellers, read_tokens
    from refit_serving.mirror import Mirror
    from refit_serving.model import load_model
    from refit_serving.receipts import Receipts, read_key
    from refit_serving.service import Service
    from refit_serving.settings import read_settings

    settings = read_settings()
    receipts = Receipts(read_key(settings.receipt_key_file))
    labellers = Labellers(read_tokens(settings.feedback_token_file), settings.feedback_port)
    service = Service(load_model(settings), settings, receipts)
    drain = Drain()
    follower = Follower(service, settings)
    agrees = partial(service.task.agrees, tolerance=settings.mirror_tolerance)
    mirror = Mirror(settings.mirror, agrees, service.is_right, service.metrics.registry)
    service.on_judged = mirror.labels.judge
    admission = Admission(settings.admission)
    app = CloseConnections(build_app(service, follower, mirror, admission, labellers, drain), drain)
    connections = Connections(settings.max_connections, settings.read_seconds)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        http=partial(BoundedProtocol, connections=connections),
        ws="none",
    )
    log.info("server.start port=%d feedback=%s holdout=%s", settings.port, settings.feedback_dir, settings.holdout_dir)
    sockets = [socket.create_server(("", port), backlog=config.backlog) for port in settings.ports]
    DrainingServer(config, drain, settings.drain_seconds).run(sockets)
    log.info("server.stopped")


def _stop(signum: int, frame: FrameType | None) -> None:
    """End at once while the model is still loading; once it serves, the server's own handler drains instead."""
    os._exit(EXIT_TERMINATED)


if __name__ == "__main__":
    main()
