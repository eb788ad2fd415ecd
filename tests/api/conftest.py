"""One database per file: what a test changes here is its own, or makes no difference to the others."""

from collections.abc import Iterator

import pytest

from tests.api.neighbours import Neighbours, neighbours_in
from tests.conftest import World, borrowed


@pytest.fixture(scope="module")
def shared_world(template: str) -> Iterator[World]:
    """A database for all tests of a file."""
    with borrowed(template) as world:
        yield world


@pytest.fixture(scope="module")
def neighbours(shared_world: World) -> Iterator[Neighbours]:
    with neighbours_in(shared_world) as neighbours:
        yield neighbours
