import pytest

from geo_assign.simulate.city import City, load_city
from geo_assign.simulate.driving import Router


@pytest.fixture(scope="session")
def city() -> City:
    return load_city()


@pytest.fixture(scope="session")
def router(city: City) -> Router:
    return Router(city.streets)
