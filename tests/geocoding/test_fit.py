"""The right number is not enough: an answer's street, postcode and distance are held against the address, too."""

from dataclasses import replace

import pytest

from geo_assign.core.geo import Point
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeCandidate, GeocodeResult, judge, ranked
from geo_assign.geocoding.fit import with_fit_checked, without_false_rivals
from geo_assign.geocoding.postcodes import contradicts_postcode, outward_code_span, shares_postcode

STORE = Point(51.5, -0.1)
HOUSE = GeocodeCandidate("x", Point(51.51, -0.1), Confidence.ROOFTOP, house_number="14", street="Willow Road")
QUERY = AddressQuery("14 Willow Rd, Leeds LS6 2AB", near=STORE, reach_m=200_000.0)


def test_the_house_itself_is_taken() -> None:
    assert with_fit_checked(HOUSE, QUERY) is HOUSE
    assert with_fit_checked(replace(HOUSE, postcode="LS6 2AD"), QUERY).confidence is Confidence.ROOFTOP
    assert with_fit_checked(replace(HOUSE, street=None), QUERY).confidence is Confidence.ROOFTOP


@pytest.mark.parametrize("street", ["Willow Lane", "Mallow Road", "Leeds Road"])
def test_another_street_is_worth_its_area_whatever_its_number(street: str) -> None:
    for confidence in Confidence:
        elsewhere = replace(HOUSE, street=street, confidence=confidence)
        assert with_fit_checked(elsewhere, QUERY).confidence is Confidence.AREA


def test_another_postal_area_is_worth_its_area() -> None:
    assert with_fit_checked(replace(HOUSE, postcode="BD3 9ZZ"), QUERY).confidence is Confidence.AREA


def test_a_place_beyond_the_reach_of_the_store_is_worth_its_area() -> None:
    far = replace(HOUSE, point=Point(54.0, -0.1))
    assert with_fit_checked(far, QUERY).confidence is Confidence.AREA
    assert with_fit_checked(far, replace(QUERY, reach_m=None)).confidence is Confidence.ROOFTOP
    assert with_fit_checked(far, replace(QUERY, near=None)).confidence is Confidence.ROOFTOP


def test_an_answer_to_a_simpler_text_is_held_against_the_whole() -> None:
    simpler = AddressQuery("14 Willow Road", whole="Flat 9, 14 Willow Road")
    assert with_fit_checked(HOUSE, simpler).confidence is Confidence.ROOFTOP
    assert with_fit_checked(replace(HOUSE, house_number="9"), simpler).confidence is Confidence.STREET


def test_the_same_number_on_another_street_is_no_rival() -> None:
    rival = replace(HOUSE, point=Point(51.53, -0.12), street="Mallow Road")
    found = ranked([with_fit_checked(one, QUERY) for one in (rival, HOUSE)])
    assert judge(GeocodeResult(candidates=found), Confidence.ROOFTOP).accepted is HOUSE


def test_of_two_streets_by_one_name_the_postcode_tells() -> None:
    right, wrong = replace(HOUSE, postcode="LS6 2AB"), replace(HOUSE, point=Point(51.53, -0.12), postcode="LS6 9ZZ")
    found = without_false_rivals([wrong, right], QUERY)
    assert [one.confidence for one in found] == [Confidence.STREET, Confidence.ROOFTOP]
    assert without_false_rivals([wrong, wrong], QUERY) == [wrong, wrong]
    assert without_false_rivals([], QUERY) == []
    streets = [replace(one, confidence=Confidence.STREET) for one in (wrong, right)]
    assert without_false_rivals(streets, QUERY) == streets


def test_of_two_streets_by_one_name_the_town_tells() -> None:
    right, wrong = replace(HOUSE, town="Leeds"), replace(HOUSE, point=Point(51.53, -0.12), town="Bradford")
    found = without_false_rivals([wrong, right, replace(wrong, town=None)], QUERY)
    assert [one.confidence.value for one in found] == ["street", "rooftop", "street"]
    elsewhere = [replace(one, town="York") for one in (wrong, right)]
    assert without_false_rivals(elsewhere, QUERY) == elsewhere


@pytest.mark.parametrize(
    ("text", "postcode", "contradicts"),
    [
        ("14 Willow Road, London EC4A 1AA", "EC1V 0XX", True),
        ("14 Willow Road, London EC4A 1AA", "EC4M 0XX", False),
        ("14 Willow Road, London EC4A 1AA", "N4 0XX", True),
        ("14 Willow Road, London EC4A", "EC4A 9XX", False),
        ("14 Willow Road, London EC4A", "SW1A 9XX", True),
        ("14 Willow Road, London", "SW1A 9XX", False),
        ("Rua do Moinho 14, 4700-123 Braga", "4710-456", False),
        ("Rua do Moinho 14, 4700-123 Braga", "1200-123", True),
        ("Mühlstr. 14, 04103 Leipzig", "04105", False),
        ("Mühlstr. 14, D-04103 Leipzig", "80331", True),
        ("14503 Birch St, Dayton, OH", "45402", False),
        ("14503 Birch St, Dayton, OH 45402", "90210", True),
        ("14503 Birch St, Dayton, OH 45402", "45402-1234", False),
        ("Mühlgasse 14, 8010 Graz", "8020", False),
        ("Mühlgasse 14, 8010 Graz", "1010", True),
        ("ul. Młyńska 14, 30-001 Kraków", "30-950", False),
        ("ul. Młyńska 14, 30-001 Kraków", "00-950", True),
        ("Mlýnská 14, 110 00 Praha", "602 00", True),
        ("Molenstraat 14, 3011 AB Rotterdam", "1011 AB", True),
        ("14 Maple St, Toronto, ON M5V 1A1", "H2X 1A1", True),
        ("14 Lake Road, Pune 411001", "110001", True),
        ("14 Willow Road", "?", False),
    ],
)
def test_only_another_area_contradicts(text: str, postcode: str, *, contradicts: bool) -> None:
    house = text[:5] if text.startswith("14503") else "14"
    assert contradicts_postcode(text, postcode, house=house) is contradicts


def test_a_postcode_is_shared_only_as_a_whole() -> None:
    assert shares_postcode("14 Willow Road, LS62AB", "LS6 2AB")
    assert not shares_postcode("14 Willow Road, LS6", "LS6 2AB")
    assert not shares_postcode("14 Willow Road", "")


def test_half_a_british_postcode_is_found_at_the_end() -> None:
    text = "14 willow road, leeds ls6"
    assert outward_code_span(text) == (22, 25)
    assert outward_code_span("14 willow road, leeds ls6 2ab") is None
    assert outward_code_span("m1 hotel, leeds") is None
