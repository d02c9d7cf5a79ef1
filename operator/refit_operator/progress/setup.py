"""Set up the progress server. It is optional: where there can be no certificate, the operator works without it."""

import asyncio
import ssl
from urllib.parse import urlsplit

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.api.progress import PROGRESS_AUDIENCE
from refit_operator.kubernetes_api.client import JOB, POD, Cluster
from refit_operator.kubernetes_api.clock import Clock, utc_now
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.kubernetes_api.progress_server import read_tls_secret, review_token, write_tls_secret
from refit_operator.observability.metrics import CERTIFICATE_EXPIRY
from refit_operator.progress.authentication import TokenReviewer
from refit_operator.progress.certificates import Bundle, expiry, is_good, make_bundle, make_context
from refit_operator.progress.rules.pod_env import Reporting

log = structlog.get_logger()


async def ensure_bundle(cluster: Cluster, secret: Ref, host: str, clock: Clock) -> Bundle:
    """Return what the Secret holds, created again where it is missing, for another host or about to expire.

    It outlives this process, so that pods that train go on reporting to the next one: whether it is good, the API
    server's clock says, for which it was read.
    """
    found = await read_tls_secret(cluster, secret)
    if found and is_good(bundle := Bundle(*found), host, clock.server_time()):
        return bundle
    bundle = await asyncio.to_thread(make_bundle, host, utc_now())
    await write_tls_secret(cluster, secret, (bundle.authority, bundle.certificate, bundle.key))
    log.info("progress certificate created", host=host, secret=str(secret))
    return bundle


async def prepare(cluster: Cluster, secret: Ref, url: str, clock: Clock) -> tuple[Reporting, ssl.SSLContext] | None:
    """Return what pods and the server need; None where the URL is empty or there can be no certificate."""
    host = urlsplit(url).hostname
    if not host:
        return None
    try:
        bundle = await ensure_bundle(cluster, secret, host, clock)
        CERTIFICATE_EXPIRY.set(expiry(bundle).timestamp())
        return Reporting(url, bundle.authority), make_context(bundle)
    except (ClusterError, OSError) as error:  # an SSLError is an OSError: a key that isn't the certificate's
        log.error("progress server not started", error=str(error))
        return None


def make_token_reviewer(cluster: Cluster) -> TokenReviewer:
    """Return how callers are authenticated by the API server."""
    return TokenReviewer(
        review=lambda token: review_token(cluster, token, PROGRESS_AUDIENCE),
        pod=lambda ref: cluster.read(POD, ref),
        job=lambda ref: cluster.read(JOB, ref),
    )
