"""HERE Geocoding & Search v7: https://www.here.com/docs/bundle/geocoding-and-search-api-v7-api-reference."""

from collections.abc import Sequence

from geopy.geocoders import HereV7
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.geocoding.domain import AddressQuery, Confidence
from geo_assign.geocoding.providers.base import ProviderSpec
from geo_assign.geocoding.providers.through_geopy import LIMIT, GeopyProvider, Grade, RawPlace, text_of, town_of

URL = "https://geocode.search.hereapi.com"
PATH = "/v1/geocode"
# Below this score the answer is to another question.
LEAST_SCORE = 0.7

_BY_RESULT_TYPE = {
    "place": Confidence.ROOFTOP,
    "street": Confidence.STREET,
    "intersection": Confidence.STREET,
    "addressBlock": Confidence.STREET,
}
_BY_NUMBER_TYPE = {"PA": Confidence.ROOFTOP, "interpolated": Confidence.INTERPOLATED}


class Here(GeopyProvider):
    """`resultType` and `houseNumberType` tell the precision; country codes of two letters are not taken, `near` is."""

    def build(self, key: str, **standing: object) -> Geocoder:
        geocoder = HereV7(key, **standing)
        geocoder.api = f"{(self.access.url or URL).rstrip('/')}{PATH}"  # geopy puts "geocode." before any host
        return geocoder

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        at = (query.near.lat, query.near.lon) if query.near else None
        found: Sequence[Location] | None = geocoder.geocode(query.text, exactly_one=False, at=at, limit=LIMIT)
        return found

    def grade(self, raw: RawPlace) -> Grade:
        kind, address = raw["resultType"], raw.get("address", {})
        if kind == "houseNumber":
            confidence = _BY_NUMBER_TYPE.get(raw.get("houseNumberType"), Confidence.STREET)
        else:
            confidence = _BY_RESULT_TYPE.get(kind, Confidence.AREA)
        fallback = raw.get("houseNumberFallback") or raw.get("scoring", {}).get("queryScore", 1.0) < LEAST_SCORE
        if fallback:
            confidence = confidence.capped(Confidence.STREET)
        number, street = text_of(address.get("houseNumber")), text_of(address.get("street"))
        return Grade(confidence, number, street, text_of(address.get("postalCode")), town_of(address))

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        return raw["position"]["lat"], raw["position"]["lng"]


# Terms: results may be kept for up to 30 days.
SPEC = ProviderSpec("here", Here, needs_key=True, default_url=URL, keep_s=30 * 86_400)
