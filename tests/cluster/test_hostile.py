"""Every hostile vector on a real cluster: none gets through, and each is refused for the reason that it should be.

`make hostile` shows each with its answer.
"""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.hostile.catalogue import of
from tests.hostile.judged import PLAYED, judge, one_by_one
from tests.hostile.played import play_function, play_header, play_monitors, play_request
from tests.hostile.scene import add_users, set_scene
from tests.hostile.vectors import Entry, Family
from tests.hostile.writers import IMAGES, LISTED
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.installed import OPERATOR as INSTALLED
from tests.support.cluster.kubectl import Space
from tests.support.cluster.port import forwarded
from tests.support.cluster.tenants import allowing_here
from tests.support.local import until


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """Say in the end how many there were."""
    yield
    through = sum(played.is_through for played in PLAYED)
    otherwise = sum(not played.is_through and not played.is_told for played in PLAYED)
    print(f"\n{len(PLAYED)} hostile vectors played, {through} through, {otherwise} refused for another reason")


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def scene(shared: Space) -> Space:
    set_scene(shared)
    return shared


def named(*entries: Entry) -> list[object]:
    families = [family for entry in entries for family in of(entry) if family is not LISTED]
    return [pytest.param(family, id=family.name) for family in families]


@pytest.mark.parametrize("family", named(Entry.API_SERVER))
def test_the_api_server_refuses(family: Family, scene: Space, server: ApiServer) -> None:
    one_by_one(family, partial(play_request, server, scene.name))


def test_the_api_server_refuses_images_that_are_not_listed(space: Space, server: ApiServer) -> None:
    add_users(space)
    play = partial(play_request, server, space.name)
    with allowing_here(space, images=str(list(IMAGES))):
        until(lambda: not play(LISTED.vectors[0])[1], 30, "not in force")
        one_by_one(LISTED, play)


@pytest.mark.parametrize("family", named(Entry.OPERATOR))
def test_the_operator_refuses(family: Family, scene: Space, server: ApiServer) -> None:
    judge(family, play_monitors(server, scene, (*family.vectors, *family.allowed)))


@pytest.mark.parametrize("family", named(Entry.ENDPOINT))
def test_the_progress_endpoint_refuses(family: Family, scene: Space) -> None:
    with forwarded(INSTALLED, "refit-progress", 8443) as port:
        one_by_one(family, partial(play_header, f"https://127.0.0.1:{port}"))


@pytest.mark.parametrize("family", named(Entry.FUNCTION))
def test_a_function_of_the_operator_refuses(family: Family) -> None:
    one_by_one(family, play_function)
