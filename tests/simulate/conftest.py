import pytest

from geo_assign.simulate.city import City, build_city
from geo_assign.simulate.driving import Router


@pytest.fixture(scope="session")
def city() -> City:
    return build_city(1)


@pytest.fixture(scope="session")
def router(city: City) -> Router:
    return Router(city.network)
