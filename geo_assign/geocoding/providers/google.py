"""Google Geocoding API: https://developers.google.com/maps/documentation/geocoding/requests-geocoding."""

from collections.abc import Sequence

from geopy.geocoders import GoogleV3
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign.core.wire import Json
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeProblem, ProblemCode
from geo_assign.geocoding.providers.base import DEFAULT_RETRY_AFTER_S, ProviderSpec, box_around, unavailable
from geo_assign.geocoding.providers.through_geopy import GeopyProvider, Grade, RawPlace, text_of, town_of, where

URL = "https://maps.googleapis.com"

_BY_LOCATION_TYPE = {
    "ROOFTOP": Confidence.ROOFTOP,
    "RANGE_INTERPOLATED": Confidence.INTERPOLATED,
    "GEOMETRIC_CENTER": Confidence.STREET,
    "APPROXIMATE": Confidence.AREA,
}
# The centre of one of these is near its door; that of a district is near nothing.
_SMALL = frozenset(
    {"route", "intersection", "street_address", "premise", "subpremise", "establishment", "point_of_interest"}
)


class Google(GeopyProvider):
    """`location_type` tells the precision; `partial_match` that something asked was left out."""

    def build(self, key: str, **standing: object) -> Geocoder:
        return GoogleV3(api_key=key, **where(self.access.url or URL), **standing)

    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        found: Sequence[Location] | None = geocoder.geocode(
            query.text,
            exactly_one=False,
            bounds=box_around(query.near) if query.near else None,
            components={"country": query.country} if query.country else None,
        )
        return found

    def grade(self, raw: RawPlace) -> Grade:
        parts = {kind: part["long_name"] for part in raw["address_components"] for kind in part["types"]}
        confidence = _BY_LOCATION_TYPE[raw["geometry"]["location_type"]]
        if confidence is Confidence.STREET and not _SMALL & set(raw["types"]):
            confidence = Confidence.AREA
        if raw.get("partial_match"):
            confidence = confidence.capped(Confidence.STREET)
        number, street = text_of(parts.get("street_number")), text_of(parts.get("route"))
        town = town_of(parts, ("locality", "postal_town"))
        return Grade(confidence, number, street, text_of(parts.get("postal_code")), town)

    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        place = raw["geometry"]["location"]
        return place["lat"], place["lng"]

    def refusal(self, document: Json, message: str) -> GeocodeProblem | None:
        status = document.get("status") if isinstance(document, dict) else None
        said = f": {message}" if message else "."
        if status in {"REQUEST_DENIED", "OVER_DAILY_LIMIT"}:
            return GeocodeProblem(ProblemCode.MAP_KEY_INVALID, f"The provider refused the key ({status}){said}")
        if status == "OVER_QUERY_LIMIT":
            detail = f"The provider's limit is reached ({status}){said}"
            return GeocodeProblem(ProblemCode.GEOCODER_RATE_LIMITED, detail, DEFAULT_RETRY_AFTER_S)
        if status == "INVALID_REQUEST":
            return GeocodeProblem(ProblemCode.NOT_FOUND, f"The provider does not take this address ({status}){said}")
        if status == "UNKNOWN_ERROR":
            return unavailable(f"The provider answered {status}{said}")
        return None


# Terms: latitude and longitude may be kept for up to 30 consecutive days.
SPEC = ProviderSpec("google", Google, needs_key=True, default_url=URL, keep_s=30 * 86_400)
