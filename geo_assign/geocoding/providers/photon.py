"""Photon, a tolerant geocoder on OpenStreetMap data; often one's own: https://github.com/komoot/photon."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from geopy.geocoders import Photon as GeopyPhoton
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.geocoding.domain import AddressQuery, Confidence
from geo_assign.geocoding.providers.base import ProviderSpec
from geo_assign.geocoding.providers.through_geopy import LIMIT, GeopyProvider, Grade, RawPlace, text_of, town_of, where

URL = "https://photon.komoot.io"
# Photon always finds something and says nothing of how well it fits: this share of the words asked must be in it.
LEAST_SHARE = 0.6
LEAST_LIKENESS = 0.8

_BY_TYPE = {"house": Confidence.ROOFTOP, "street": Confidence.STREET}
_DESCRIBING = (
    "name",
    "street",
    "housenumber",
    "postcode",
    "locality",
    "district",
    "city",
    "county",
    "state",
    "country",
)


class Photon(GeopyProvider):
    """`properties.type` tells what was found."""

    def build(self, key: str, **standing: object) -> Geocoder:
        del key
        return GeopyPhoton(**where(self.access.url or URL), **standing)

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        bias = (query.near.lat, query.near.lon) if query.near else None
        found: Sequence[Location] | None = geocoder.geocode(
            query.text, exactly_one=False, limit=LIMIT, location_bias=bias
        )
        return found

    def grade(self, raw: RawPlace) -> Grade:
        found = raw["properties"]
        confidence = _BY_TYPE.get(found.get("type"), Confidence.AREA)
        street = found.get("name") if confidence is Confidence.STREET else found.get("street")
        number, postcode = text_of(found.get("housenumber")), text_of(found.get("postcode"))
        return Grade(confidence, number, text_of(street), postcode, town_of(found))

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        lon, lat = raw["geometry"]["coordinates"][:2]
        return lat, lon

    def fitted(self, grade: Grade, raw: RawPlace, query: AddressQuery) -> Grade | None:
        found = raw["properties"]
        country = text_of(found.get("countrycode"))
        if query.country and country and country.upper() != query.country.upper():
            return None
        if _fits(query.typed, " ".join(str(found.get(name, "")) for name in _DESCRIBING)):
            return grade
        return replace(grade, confidence=grade.confidence.capped(Confidence.STREET))


def _fits(asked: str, found: str) -> bool:
    wanted, offered = _words(asked), _words(found)
    met = [word for word in wanted if get_close_matches(word, offered, n=1, cutoff=LEAST_LIKENESS)]
    return len(met) >= LEAST_SHARE * len(wanted)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W\d_]{3,}", "".join(letter for letter in plain if not unicodedata.combining(letter)))


# Terms (ODbL): results may be kept; addresses change.
SPEC = ProviderSpec("photon", Photon, needs_key=False, default_url=URL, keep_s=90 * 86_400)
