import pytest

from scripts.city.drawing import DrawnCity, draw_city


@pytest.fixture(scope="session")
def drawn() -> DrawnCity:
    return draw_city(1)
