"""Mapbox Geocoding v5: https://docs.mapbox.com/api/search/geocoding-v5/."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from geopy.geocoders import MapBox
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.geocoding.domain import AddressQuery, Confidence
from geo_assign.geocoding.providers.base import ProviderSpec
from geo_assign.geocoding.providers.through_geopy import LIMIT, GeopyProvider, Grade, RawPlace, text_of, where

URL = "https://api.mapbox.com"
# Below this relevance the answer is to another question.
LEAST_RELEVANCE = 0.8

_BY_ACCURACY = {
    "rooftop": Confidence.ROOFTOP,
    "parcel": Confidence.ROOFTOP,
    "point": Confidence.ROOFTOP,
    "proximate": Confidence.INTERPOLATED,
    "interpolated": Confidence.INTERPOLATED,
    "approximate": Confidence.STREET,
    "intersection": Confidence.STREET,
    "street": Confidence.STREET,
}


class Mapbox(GeopyProvider):
    """`properties.accuracy` tells the precision of an address, `relevance` how much of the question was met."""

    # An address is complete: do not guess at what might still be typed.
    extra: ClassVar = {"autocomplete": "false", "limit": str(LIMIT)}

    def build(self, key: str, **standing: object) -> Geocoder:
        return MapBox(key, **where(self.access.url or URL), **standing)

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        near = query.near
        found: Sequence[Location] | None = geocoder.geocode(
            query.text.replace(";", ",").replace("/", " "),  # in the path, both have a meaning of their own
            exactly_one=False,
            proximity=(near.lat, near.lon) if near else None,
            country=query.country,
        )
        return found

    def grade(self, raw: RawPlace) -> Grade:
        kinds = set(raw["place_type"])
        if "poi" in kinds:
            grade = Grade(Confidence.ROOFTOP)
        elif "address" in kinds:
            accuracy = raw.get("properties", {}).get("accuracy")
            confidence = _BY_ACCURACY.get(accuracy, Confidence.STREET)
            number, street = text_of(raw.get("address")), text_of(raw.get("text"))
            grade = Grade(confidence, number, street, _around(raw, "postcode"), _around(raw, "place"))
        else:
            grade = Grade(Confidence.AREA)
        if float(raw["relevance"]) < LEAST_RELEVANCE:
            return replace(grade, confidence=grade.confidence.capped(Confidence.STREET))
        return grade

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        lon, lat = raw["center"]
        return lat, lon


def _around(raw: RawPlace, kind: str) -> str | None:
    """The name of what lies around a place: its `postcode`, or the `place` that is its town."""
    around = (one for one in raw.get("context", ()) if str(one.get("id", "")).startswith(kind))
    return next((text_of(one.get("text")) for one in around), None)


# Terms: results of the temporary endpoint may not be kept.
SPEC = ProviderSpec("mapbox", Mapbox, needs_key=True, default_url=URL, keep_s=None)
