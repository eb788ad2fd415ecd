"""Nominatim, OpenStreetMap's geocoder; usually one's own: https://nominatim.org/release-docs/latest/api/Search/."""

from collections.abc import Sequence
from typing import ClassVar

from geopy.geocoders import Nominatim as GeopyNominatim
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.geocoding.domain import AddressQuery, Confidence
from geo_assign.geocoding.providers.base import ProviderSpec, box_around
from geo_assign.geocoding.providers.through_geopy import LIMIT, GeopyProvider, Grade, RawPlace, text_of, town_of, where

URL = "https://nominatim.openstreetmap.org"
# `place_rank`: 30 are houses and points of interest, 26 and 27 streets, what is below contains streets.
RANK_STREET = 26
RANK_HOUSE = 28


class Nominatim(GeopyProvider):
    """`place_rank` tells what was found. The street's middle, or another house, comes without any warning."""

    coordinates_are_texts = True
    # Of two doors that share name, street and number it tells one alone else, wherever the other lies.
    extra: ClassVar = {"dedupe": "0"}
    # No boards and stops: one that bears a street's name comes before that street's houses, and in their place.
    extra_for_houses: ClassVar = {"layer": "address"}

    def build(self, key: str, **standing: object) -> Geocoder:
        del key
        return GeopyNominatim(**where(self.access.url or URL), **standing)

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        found: Sequence[Location] | None = geocoder.geocode(
            query.text,
            exactly_one=False,
            limit=LIMIT,
            addressdetails=True,
            country_codes=query.country.lower() if query.country else None,
            viewbox=box_around(query.near) if query.near else None,
        )
        return found

    def grade(self, raw: RawPlace) -> Grade:
        address, rank = raw.get("address", {}), int(raw["place_rank"])
        number, street = text_of(address.get("house_number")), text_of(address.get("road"))
        if rank < RANK_STREET:
            confidence = Confidence.AREA
        elif rank < RANK_HOUSE or raw.get("class") == "highway":
            confidence = Confidence.STREET
        else:
            confidence = Confidence.INTERPOLATED if _is_interpolated(raw) else Confidence.ROOFTOP
        return Grade(confidence, number, street, text_of(address.get("postcode")), town_of(address))

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        return raw["lat"], raw["lon"]


def _is_interpolated(raw: RawPlace) -> bool:
    """Numbers computed along a line are `place=house` on a way; a mapped house is a node or a building."""
    return bool(raw.get("osm_type") == "way" and raw.get("class") == "place" and raw.get("type") == "house")


# Terms (ODbL): results may be kept; addresses change.
SPEC = ProviderSpec("nominatim", Nominatim, needs_key=False, default_url=URL, keep_s=90 * 86_400)
