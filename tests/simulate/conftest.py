import pytest

from geo_assign.simulate.city import City, load_city
from geo_assign.simulate.driving import RouteFinder


@pytest.fixture(scope="session")
def city() -> City:
    return load_city()


@pytest.fixture(scope="session")
def routes(city: City) -> RouteFinder:
    return RouteFinder(city.streets)
