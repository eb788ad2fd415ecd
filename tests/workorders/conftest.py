"""The API, over a seeded organization."""

from collections.abc import Iterator

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api
