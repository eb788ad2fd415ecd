"""The country of a store follows from its time zone where it is not set."""

import pytest
from pydantic import ValidationError

from geo_assign.workforce.countries import find_country
from geo_assign.workforce.store_settings import load_settings


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Lisbon", "PT"),
        ("Atlantic/Azores", "PT"),
        ("Europe/Amsterdam", "NL"),
        ("America/New_York", "US"),
        ("Australia/Sydney", "AU"),
        ("Asia/Calcutta", "IN"),  # an older name
        ("Europe/Kiev", "UA"),
        ("US/Pacific", "US"),
        ("America/Buenos_Aires", "AR"),
        ("Japan", "JP"),
        ("UTC", None),
        ("Etc/GMT-3", None),
        ("CET", None),
        ("EST5EDT", None),
        ("Mars/Olympus", None),
    ],
)
def test_a_zone_lies_in_a_country(zone: str, country: str | None) -> None:
    assert find_country(zone) == country


@pytest.mark.parametrize("written", ["pt", "PT", "Pt"])
def test_a_store_may_say_its_country(written: str) -> None:
    assert load_settings({"country": written}).country == "PT"


@pytest.mark.parametrize("written", ["Portugal", "XX", "", "P"])
def test_what_is_no_country_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValidationError, match="two letters of a country"):
        load_settings({"country": written})
