"""What each provider's server says, in its own words, about one invented house in Orrava.

The documents follow the providers' public references. A `Dialect` lets one suite put the same cases to all of them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers import stub
from tests.providers.stub import Behaviour, Request

STREET, CITY = "Heron Lane", "Orrava"
LAT, LON = 45.1234, 12.4321


@dataclass(frozen=True)
class Found:
    """A place as the provider would describe it: `number` None is the street, "" with `area` the city."""

    number: str | None = "12"
    lat: float = LAT
    lon: float = LON
    interpolated: bool = False
    area: bool = False
    postcode: str | None = None

    @property
    def label(self) -> str:
        return CITY if self.area else f"{STREET} {self.number or ''}".strip() + f", {CITY}"


@dataclass(frozen=True)
class Dialect:
    """How one provider answers. `document` describes places; `asked` reads the address back out of a request."""

    provider: str
    document: Callable[[list[Found]], Any]
    asked: Callable[[Request], str]
    key_in: Callable[[Request], str | None]
    path: str
    refused: tuple[int, Any] = (401, {"message": "Not Authorized - Invalid Token"})
    limited: tuple[int, Any] = (429, {"message": "Too many requests"})
    # Kinds of precision that the provider can express.
    interpolates: bool = True
    extra: dict[str, str] = field(default_factory=dict)

    def found(self, *places: Found) -> Behaviour:
        return stub.answer(json.dumps(self.document(list(places))))

    def refuses(self) -> Behaviour:
        status, document = self.refused
        return stub.answer(json.dumps(document), status=status)


def _query(name: str) -> Callable[[Request], Any]:
    return lambda request: request.query.get(name)


def _google(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        parts = [{"long_name": CITY, "short_name": CITY, "types": ["locality", "political"]}]
        if not place.area:
            parts.append({"long_name": STREET, "short_name": STREET, "types": ["route"]})
        if place.number and not place.area:
            parts.append({"long_name": place.number, "short_name": place.number, "types": ["street_number"]})
        if place.postcode:
            parts.append({"long_name": place.postcode, "short_name": place.postcode, "types": ["postal_code"]})
        kind = "locality" if place.area else "street_address" if place.number else "route"
        precision = "APPROXIMATE" if place.area else "ROOFTOP" if place.number else "GEOMETRIC_CENTER"
        return {
            "address_components": parts,
            "formatted_address": place.label,
            "geometry": {
                "location": {"lat": place.lat, "lng": place.lon},
                "location_type": "RANGE_INTERPOLATED" if place.interpolated else precision,
            },
            "place_id": "invented",
            "types": [kind],
        }

    return {"results": [one(place) for place in places], "status": "OK" if places else "ZERO_RESULTS"}


def _mapbox(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        precision = "interpolated" if place.interpolated else "rooftop" if place.number else "street"
        feature = {
            "id": "address.1",
            "type": "Feature",
            "place_type": ["place"] if place.area else ["address"],
            "relevance": 1,
            "properties": {} if place.area else {"accuracy": precision},
            "text": CITY if place.area else STREET,
            "place_name": place.label,
            "center": [place.lon, place.lat],
            "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
        }
        if place.postcode:
            feature["context"] = [{"id": "postcode.1", "text": place.postcode}, {"id": "place.1", "text": CITY}]
        return {**feature, "address": place.number} if place.number and not place.area else feature

    return {"type": "FeatureCollection", "query": ["heron", "lane"], "features": [one(place) for place in places]}


def _here(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        item: dict[str, Any] = {
            "title": place.label,
            "id": "here:af:invented",
            "resultType": "locality" if place.area else "houseNumber" if place.number else "street",
            "address": {"label": place.label, "city": CITY},
            "position": {"lat": place.lat, "lng": place.lon},
            "scoring": {"queryScore": 1.0},
        }
        if not place.area:
            item["address"]["street"] = STREET
        if place.postcode:
            item["address"]["postalCode"] = place.postcode
        if place.number and not place.area:
            item["address"]["houseNumber"] = place.number
            item["houseNumberType"] = "interpolated" if place.interpolated else "PA"
        return item

    return {"items": [one(place) for place in places]}


def _opencage(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        parts: dict[str, Any] = {"_category": "building", "_type": "building", "city": CITY}
        if place.area:
            parts |= {"_category": "place", "_type": "city"}
        elif place.number:
            parts |= {"house_number": place.number, "road": STREET}
        else:
            parts |= {"_category": "road", "_type": "road", "road": STREET}
        if place.postcode:
            parts["postcode"] = place.postcode
        geometry = {"lat": place.lat, "lng": place.lon}
        return {"components": parts, "confidence": 10, "formatted": place.label, "geometry": geometry}

    status = {"code": 200, "message": "OK"}
    return {"results": [one(place) for place in places], "status": status, "total_results": len(places)}


def _nominatim(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        address = {"city": CITY} if place.area else {"road": STREET, "city": CITY}
        kind = (
            ("place", "city", 16)
            if place.area
            else ("place", "house", 30)
            if place.number
            else ("highway", "residential", 26)
        )
        if place.number and not place.area:
            address["house_number"] = place.number
        if place.postcode:
            address["postcode"] = place.postcode
        return {
            "place_id": 1,
            "osm_type": "way" if place.interpolated else "node",
            "lat": str(place.lat),
            "lon": str(place.lon),
            "class": kind[0],
            "type": kind[1],
            "place_rank": kind[2],
            "display_name": place.label,
            "address": address,
        }

    return [one(place) for place in places]


def _photon(places: list[Found]) -> Any:
    def one(place: Found) -> Any:
        kind = "city" if place.area else "house" if place.number else "street"
        properties = {"type": kind, "osm_key": "place", "osm_value": kind, "countrycode": "XX", "country": "Nowhere"}
        properties |= {"name": CITY} if place.area else {"street": STREET, "city": CITY}
        if place.number and not place.area:
            properties["housenumber"] = place.number
        if place.postcode:
            properties["postcode"] = place.postcode
        geometry = {"type": "Point", "coordinates": [place.lon, place.lat]}
        return {"type": "Feature", "geometry": geometry, "properties": properties}

    return {"type": "FeatureCollection", "features": [one(place) for place in places]}


def _no_key(_request: Request) -> str | None:
    return None


DIALECTS = (
    Dialect(
        "google",
        _google,
        asked=_query("address"),
        key_in=_query("key"),
        path="/maps/api/geocode/json",
        refused=(
            200,
            {"error_message": "The provided API key is invalid.", "results": [], "status": "REQUEST_DENIED"},
        ),
        limited=(200, {"error_message": "You have exceeded your rate.", "results": [], "status": "OVER_QUERY_LIMIT"}),
    ),
    Dialect(
        "mapbox",
        _mapbox,
        asked=lambda request: request.path.rsplit("/", 2)[-2].removesuffix(".json"),
        key_in=_query("access_token"),
        path="/geocoding/v5/mapbox.places/",
        extra={"autocomplete": "false"},
    ),
    Dialect(
        "here",
        _here,
        asked=_query("q"),
        key_in=_query("apiKey"),
        path="/v1/geocode",
        refused=(401, {"error": "Unauthorized", "error_description": "apiKey invalid. apiKey not found."}),
        limited=(429, {"title": "Too Many Requests", "status": 429}),
    ),
    Dialect(
        "opencage",
        _opencage,
        asked=_query("q"),
        key_in=_query("key"),
        path="/geocode/v1/json",
        refused=(401, {"results": [], "status": {"code": 401, "message": "invalid API key"}, "total_results": 0}),
        limited=(402, {"results": [], "status": {"code": 402, "message": "quota exceeded"}, "total_results": 0}),
        interpolates=False,
        extra={"no_record": "1"},
    ),
    Dialect(
        "nominatim",
        _nominatim,
        asked=_query("q"),
        key_in=_no_key,
        path="/search",
        extra={"dedupe": "0", "layer": "address"},
        refused=(403, {"error": {"code": 403, "message": "Access blocked"}}),
        limited=(429, {"error": {"code": 429, "message": "Bandwidth limit exceeded"}}),
    ),
    Dialect(
        "photon",
        _photon,
        asked=_query("q"),
        key_in=_no_key,
        path="/api",
        refused=(403, {"message": "Forbidden"}),
        interpolates=False,
    ),
)
