"""OpenCage Geocoding API: https://opencagedata.com/api."""

from collections.abc import Sequence
from typing import ClassVar

from geopy.geocoders import OpenCage as GeopyOpenCage
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.geocoding.domain import AddressQuery, Confidence
from geo_assign.geocoding.providers.base import ProviderSpec, box_around
from geo_assign.geocoding.providers.through_geopy import LIMIT, GeopyProvider, Grade, RawPlace, text_of, town_of, where

URL = "https://api.opencagedata.com"
# `confidence` is the size of the answer's bounding box: 10 is under 250 m, 9 under 500 m.
SMALL_BOX = 9

_AREAS = frozenset({"place", "boundary", "postcode", "natural/water", "natural", "political"})
_AREA_TYPES = frozenset(
    {
        "city", "town", "village", "hamlet", "suburb", "neighbourhood", "city_district", "district", "municipality",
        "county", "state", "state_district", "region", "country", "continent", "postcode", "partial_postcode", "island",
    }
)  # fmt: skip


class OpenCage(GeopyProvider):
    """`components._type` tells what was found."""

    # `no_record`: the provider does not keep what was asked, which is a customer's address.
    extra: ClassVar = {"no_record": "1", "limit": str(LIMIT)}

    def build(self, key: str, **standing: object) -> Geocoder:
        return GeopyOpenCage(key, **where(self.access.url or URL), **standing)

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        found: Sequence[Location] | None = geocoder.geocode(
            query.text,
            exactly_one=False,
            bounds=box_around(query.near) if query.near else None,
            country=query.country.lower() if query.country else None,
            annotations=False,
        )
        return found

    def grade(self, raw: RawPlace) -> Grade:
        parts = raw["components"]
        kind, number = parts.get("_type"), text_of(parts.get("house_number"))
        if kind in _AREA_TYPES or (parts.get("_category") in _AREAS and number is None):
            confidence = Confidence.AREA
        elif kind == "road" or raw["confidence"] < SMALL_BOX:
            confidence = Confidence.STREET
        else:
            confidence = Confidence.ROOFTOP
        return Grade(confidence, number, text_of(parts.get("road")), text_of(parts.get("postcode")), town_of(parts))

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        return raw["geometry"]["lat"], raw["geometry"]["lng"]


# Terms: results may be kept as long as one likes; addresses change.
SPEC = ProviderSpec("opencage", OpenCage, needs_key=True, default_url=URL, keep_s=180 * 86_400)
