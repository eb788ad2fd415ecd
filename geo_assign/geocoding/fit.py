"""How well an answer fits the address that was typed: its number, its street, its postcode, its distance.

The right number on another street, in another postal area, or farther away than the store could ever serve, is worth
no more than its area, and is no rival of the right one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from geo_assign.core.geo import haversine_m
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeCandidate
from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.housenumbers import find_asked_house, with_number_checked
from geo_assign.geocoding.postcodes import contradicts_postcode, shares_postcode
from geo_assign.geocoding.streets import names_another_street
from geo_assign.geocoding.units import without_units


def with_fit_checked(candidate: GeocodeCandidate, query: AddressQuery) -> GeocodeCandidate:
    """`candidate`, worth no more than what it has in common with the question."""
    if _is_elsewhere(candidate, query):
        return replace(candidate, confidence=Confidence.AREA)
    return with_number_checked(candidate, query.typed, country=query.habits)


def without_false_rivals(candidates: Sequence[GeocodeCandidate], query: AddressQuery) -> list[GeocodeCandidate]:
    """The candidates; where some of the best have the town or the postcode that was typed, the others are streets."""
    found = list(candidates)
    for is_right in (_is_in_typed_town, _has_typed_postcode):
        best = max((one.confidence for one in found), default=Confidence.AREA)
        right = [one for one in found if one.confidence is best and is_right(one, query)]
        if best > Confidence.STREET and right:
            found = [_without_doubt(one, best, right) for one in found]
    return found


def _without_doubt(one: GeocodeCandidate, best: Confidence, right: Sequence[GeocodeCandidate]) -> GeocodeCandidate:
    return replace(one, confidence=Confidence.STREET) if one.confidence is best and one not in right else one


def _has_typed_postcode(one: GeocodeCandidate, query: AddressQuery) -> bool:
    return one.postcode is not None and shares_postcode(query.typed, one.postcode)


def _is_in_typed_town(one: GeocodeCandidate, query: AddressQuery) -> bool:
    town = fold(one.town or "").strip()
    return bool(town) and re.search(rf"(?<!\w){re.escape(town)}(?!\w)", fold(query.typed)) is not None


def _is_elsewhere(candidate: GeocodeCandidate, query: AddressQuery) -> bool:
    near, reach_m = query.near, query.reach_m
    if near is not None and reach_m is not None and haversine_m(near, candidate.point) > reach_m:
        return True
    if candidate.street is not None and names_another_street(query.typed, candidate.street):
        return True
    return candidate.postcode is not None and _is_in_another_postal_area(candidate.postcode, query)


def _is_in_another_postal_area(postcode: str, query: AddressQuery) -> bool:
    house = find_asked_house(query.typed, country=query.habits)
    asked = without_units(fold(query.typed))
    return contradicts_postcode(asked, postcode, house=None if house is None else house.written)
