"""Kinds of targets that a cluster need not serve: each is watched from when it is, without a restart.

kopf itself would watch all CustomResourceDefinitions, which may be thousands and large, with a right for the whole
cluster. Here the API server is asked for the few groups, which everybody may do. A kind's handler is registered once
it is served: kopf warns of every one that it doesn't find.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Never

import aiohttp
import kopf
import structlog
from kopf._cogs.clients import errors, scanning
from kopf._cogs.structs.references import Insights
from kopf._core.reactor.observation import revise_resources

from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.kinds.base import Kind

log = structlog.get_logger()
EVERY_S = 60.0
"""How often the API server is asked for the kinds that aren't watched yet."""


async def take_up(
    add: Callable[[Kind], None],
    insights: Insights,
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
    kinds: Iterable[Kind] = tuple(KINDS.values()),
) -> Never:
    """Have kopf watch each optional kind once it is served: `add` registers its handler. Runs for ever."""
    await insights.ready_resources.wait()  # what kopf finds at its start replaces all that was there
    missing = [kind for kind in kinds if kind.installed_by]
    while True:
        for kind in tuple(missing):
            found = await _scan(kind, settings)
            if any((each.plural, each.version) == (kind.plural, _version(kind)) for each in found):
                add(kind)
                missing.remove(kind)
                await _tell(insights, registry, kind, found)
        await asyncio.sleep(EVERY_S)


async def _scan(kind: Kind, settings: kopf.OperatorSettings) -> Any:
    """Return what the API server serves of the kind's group; nothing where it doesn't answer."""
    try:
        logger = logging.getLogger(__name__)
        return await scanning.scan_resources(groups={_group(kind)}, settings=settings, logger=logger)
    except (errors.APIError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("kind not looked for", kind=kind.name, error=str(error))
        return ()


async def _tell(insights: Insights, registry: kopf.OperatorRegistry, kind: Kind, found: Any) -> None:
    log.info("watching a kind of targets", kind=kind.name, api_version=kind.api_version)
    async with insights.revised:
        revise_resources(resources=found, insights=insights, registry=registry, group=_group(kind))
        insights.revised.notify_all()


def _group(kind: Kind) -> str:
    return kind.api_version.partition("/")[0]


def _version(kind: Kind) -> str:
    return kind.api_version.partition("/")[2]
