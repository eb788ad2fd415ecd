"""The frame around geopy's geocoders: our transport below them, our confidence and our problems above.

geopy's own adapter retries and obeys Retry-After inside the call (one 429 held the caller for 14 s) and its errors show
the URL. Here geopy builds the request and reads the answer; the call in between is one of `core.outbound`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias
from urllib.parse import urlencode, urlsplit

from geopy.adapters import BaseSyncAdapter
from geopy.exc import GeopyError
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo_assign import __version__
from geo_assign.core.geo import Point
from geo_assign.core.outbound import OutboundError, OutboundMalformedError, OutboundResponse, silence
from geo_assign.core.wire import Json
from geo_assign.geocoding.domain import (
    AddressQuery,
    Confidence,
    GeocodeCandidate,
    GeocodeProblem,
    GeocodeResult,
    ranked,
)
from geo_assign.geocoding.fit import with_fit_checked, without_false_rivals
from geo_assign.geocoding.housenumbers import asked_house_number
from geo_assign.geocoding.providers.base import (
    ProviderAccess,
    message_in,
    problem_of_error,
    problem_of_status,
    unavailable,
)

USER_AGENT = f"geo-assign/{__version__}"
LIMIT = 5

# What geopy's parsers raise when an answer has another shape than they expect.
_SHAPE_ERRORS = (GeopyError, LookupError, TypeError, ValueError, AttributeError, OutboundMalformedError)


RawPlace: TypeAlias = Any
"""What a provider says of one place. Nothing of its shape is sure: reading it may raise any of `_SHAPE_ERRORS`."""


class StatusError(Exception):
    """The provider answered with another status than 200."""

    def __init__(self, answer: OutboundResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class OutboundAdapter(BaseSyncAdapter):  # type: ignore[misc] # geopy ships no types
    """geopy's way out: one call with one deadline. Keeps the document it parsed, for what geopy leaves out."""

    def __init__(self, access: ProviderAccess, *, deadline_s: float, extra: Mapping[str, str]) -> None:
        super().__init__(proxies=None, ssl_context=None)
        self._client = access.client
        self._deadline_s = deadline_s
        self._extra = urlencode(extra)
        self.document: Json = None

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Json:
        del timeout  # the deadline rules
        self.document = self._fetch(url, headers).json()
        return self.document

    def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
        del timeout
        return self._fetch(url, headers).text()

    def _fetch(self, url: str, headers: Mapping[str, str]) -> OutboundResponse:
        whole = f"{url}&{self._extra}" if self._extra else url
        answer = self._client.get(whole, deadline_s=self._deadline_s, headers=headers)
        if answer.status != 200:
            raise StatusError(answer)
        return answer


@dataclass(frozen=True, slots=True)
class Grade:
    """What a provider's raw answer says about one place, in our words."""

    confidence: Confidence
    house_number: str | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None


class GeopyProvider(ABC):
    """A provider that geopy knows. Subclasses say how to build, how to ask, and what the answer is worth."""

    # Query parameters that geopy does not offer, and those for questions in which a house is asked for.
    extra: ClassVar[Mapping[str, str]] = {}
    extra_for_houses: ClassVar[Mapping[str, str]] = {}
    # Whether its protocol writes coordinates as texts.
    coordinates_are_texts: ClassVar[bool] = False

    def __init__(self, access: ProviderAccess) -> None:
        silence("geopy")
        self.access = access

    @abstractmethod
    def build(self, key: str, **standing: object) -> Geocoder:
        """The geocoder of geopy; `standing` are the arguments common to all of them."""

    @abstractmethod
    def ask(self, geocoder: Geocoder, query: AddressQuery) -> Sequence[Location] | None:
        """Call the geocoder for several candidates."""

    @abstractmethod
    def grade(self, raw: RawPlace) -> Grade:
        """What one raw place is worth. Any error of shape counts as garbage."""

    @abstractmethod
    def coordinates(self, raw: RawPlace) -> tuple[object, object]:
        """Latitude and longitude as the raw place has them."""

    def fitted(self, grade: Grade, raw: RawPlace, query: AddressQuery) -> Grade | None:
        """`grade` in view of the question, where the provider does not judge the fit itself; None leaves it out."""
        del raw, query
        return grade

    def refusal(self, document: Json, message: str) -> GeocodeProblem | None:
        """The problem that a document of status 200 tells, if it tells one."""
        del document, message
        return None

    def geocode(self, query: AddressQuery, *, deadline_s: float, asked_at: datetime) -> GeocodeResult:
        adapter = OutboundAdapter(self.access, deadline_s=deadline_s, extra=self._extra(query))
        try:
            geocoder = self.build(self._key, adapter_factory=lambda **_: adapter, user_agent=USER_AGENT, timeout=None)
            locations = self.ask(geocoder, query) or ()
            candidates = [self._candidate(location, query) for location in locations]
        except StatusError as error:
            return GeocodeResult(problem=self._refused(error.answer, query, asked_at=asked_at))
        except _SHAPE_ERRORS:
            return GeocodeResult(problem=self._misshapen(adapter.document, query))
        except OutboundError as error:
            return GeocodeResult(problem=problem_of_error(error, deadline_s=deadline_s))
        if not candidates and (problem := self.refusal(adapter.document, self._message(adapter.document, query))):
            return GeocodeResult(problem=problem)
        found = without_false_rivals([one for one in candidates if one is not None], query)
        return GeocodeResult(candidates=ranked(found))

    def _extra(self, query: AddressQuery) -> Mapping[str, str]:
        if not self.extra_for_houses or asked_house_number(query.text, country=query.habits) is None:
            return self.extra
        return {**self.extra, **self.extra_for_houses}

    @property
    def _key(self) -> str:
        return self.access.key.get_secret_value() if self.access.key else ""

    def _candidate(self, location: Location, query: AddressQuery) -> GeocodeCandidate | None:
        grade = self.fitted(self.grade(location.raw), location.raw, query)
        if grade is None:
            return None
        lat, lon = (self._degrees(value) for value in self.coordinates(location.raw))
        point = Point(lat, lon)
        if point.is_unset:
            raise ValueError(point)
        found = GeocodeCandidate(
            label=str(location.address),
            point=point,
            confidence=grade.confidence,
            house_number=grade.house_number,
            street=grade.street,
            postcode=grade.postcode,
            town=grade.town,
        )
        return with_fit_checked(found, query)

    def _degrees(self, value: object) -> float:
        """A number, as the protocol writes it. Raises TypeError for anything in disguise, such as `true`."""
        if isinstance(value, bool) or not isinstance(
            value, (int, float, str) if self.coordinates_are_texts else (int, float)
        ):
            raise TypeError(value)
        return float(value)

    def _refused(self, answer: OutboundResponse, query: AddressQuery, *, asked_at: datetime) -> GeocodeProblem:
        try:
            document = answer.json()
        except OutboundMalformedError:
            document = None
        message = self._message(document, query)
        return self.refusal(document, message) or problem_of_status(answer, message=message, asked_at=asked_at)

    def _misshapen(self, document: Json, query: AddressQuery) -> GeocodeProblem:
        told = self.refusal(document, self._message(document, query))
        return told or unavailable("The provider's answer is not one of its protocol.")

    def _message(self, document: Json, query: AddressQuery) -> str:
        return message_in(document, hide=(self._key, query.text))


def text_of(value: object) -> str | None:
    """A non-empty text of a raw answer; None for anything else. Numbers are written out: some providers send them."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def town_of(parts: RawPlace, names: Sequence[str] = ("city", "town", "village", "municipality")) -> str | None:
    """The town in a raw answer, under the first of its `names` that is there."""
    return next((town for name in names if (town := text_of(parts.get(name)))), None)


def where(url: str) -> dict[str, str]:
    """The `scheme` and `domain` geopy wants for a base URL; a path in it is kept."""
    parts = urlsplit(url)
    return {"scheme": parts.scheme, "domain": f"{parts.netloc}{parts.path}".rstrip("/")}
