"""An operator at the command line, beside the service."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from geo_assign.cli import main
from tests.access.api import Api, seeded_api
from tests.conftest import World

Operate = Callable[..., Result]


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


@pytest.fixture
def operate(world: World, monkeypatch: pytest.MonkeyPatch) -> Operate:
    """Runs `geo-assign organizations`."""
    settings = world.settings()
    for name in ("database_url", "worker_database_url", "admin_database_url"):
        monkeypatch.setenv(f"GEO_ASSIGN_{name.upper()}", getattr(settings, name).get_secret_value())

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["organizations", *arguments], input=typed)

    return run
