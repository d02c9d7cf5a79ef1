"""Kinds of targets that a cluster need not serve: each is watched while it is, without a restart.

kopf itself would watch all CustomResourceDefinitions, which may be thousands and large, with a right for the whole
cluster. Here the API server is asked for the few groups, which everybody may do. A kind's handler is registered once
it is served: kopf warns of every one that it doesn't find.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any, Never

import aiohttp
import kopf
import structlog
from kopf._cogs.clients import errors, scanning
from kopf._cogs.structs.references import Insights, Resource
from kopf._core.reactor.observation import revise_resources

from refit_operator.controller.watchdog import Streams
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.kinds.base import Kind

log = structlog.get_logger()
OPTIONAL = tuple(kind for kind in KINDS.values() if kind.installed_by)
EVERY_S = 60.0
"""How often the API server is asked for these kinds."""


async def take_up(
    add: Callable[[Kind], None],
    streams: Streams,
    insights: Insights,
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
) -> Never:
    """Have kopf watch each optional kind while it is served: `add` registers its handler. Runs for ever."""
    await insights.ready_resources.wait()  # what kopf finds at its start replaces all that was there
    added, watched = set[Kind](), set[Kind]()
    while True:
        for kind in OPTIONAL:
            found = await _scan(kind, settings)
            is_served = None if found is None else any(_is(kind, resource) for resource in found)
            if is_served is None or is_served is (kind in watched):
                continue
            if kind not in added:
                add(kind)
                added.add(kind)
            watched ^= {kind}
            await _tell(insights, registry, kind, found)
            if not is_served:
                streams.forget(kind.plural)
        await asyncio.sleep(EVERY_S)


def _is(kind: Kind, resource: Resource) -> bool:
    return (resource.plural, resource.version) == (kind.plural, kind.api_version.partition("/")[2])


async def _scan(kind: Kind, settings: kopf.OperatorSettings) -> Collection[Resource] | None:
    """Return what the API server serves of the kind's group; None where it doesn't answer."""
    try:
        logger = logging.getLogger(__name__)
        return await scanning.scan_resources(groups={_group(kind)}, settings=settings, logger=logger)
    except (errors.APIError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("kind not looked for", kind=kind.name, error=str(error))
        return None


async def _tell(insights: Insights, registry: kopf.OperatorRegistry, kind: Kind, found: Any) -> None:
    log.info("a kind of targets came or went", kind=kind.name, api_version=kind.api_version)
    async with insights.revised:
        revise_resources(resources=found, insights=insights, registry=registry, group=_group(kind))
        insights.revised.notify_all()


def _group(kind: Kind) -> str:
    return kind.api_version.partition("/")[0]
