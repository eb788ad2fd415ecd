"""What a provider is, and how the answers of all of them are told in one language."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from geo_assign.core.geo import Point
from geo_assign.core.outbound import OutboundClient, OutboundError, OutboundResponse, OutboundTimeoutError
from geo_assign.core.retry_after import retry_after_s
from geo_assign.geocoding.domain import AddressQuery, GeocodeProblem, GeocodeResult, ProblemCode

MAX_MESSAGE = 200
# For a provider that says "too often" without saying for how long.
DEFAULT_RETRY_AFTER_S = 60.0
# When to look again after an answer that was none.
UNAVAILABLE_RETRY_S = 5.0
BIAS_DEGREES = 0.5

_HIDDEN = "***"


class GeocodingProvider(Protocol):
    """Turns an address into places. Implementations raise nothing: what goes wrong is a `GeocodeProblem`."""

    def geocode(self, query: AddressQuery, *, deadline_s: float, asked_at: datetime) -> GeocodeResult:
        """Ask once, within `deadline_s` seconds. `asked_at` is the present, for answers that name a date."""


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """What a provider is built from. The key shows in no repr."""

    client: OutboundClient
    url: str | None = None
    key: SecretStr | None = None
    gazetteers: Path | None = None


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider's entry in the registry.

    `keep_s`: how long its terms let an answer be kept (None: not at all); `default_url` None: a URL must be given.
    `probe`: an address it surely knows, asked to test a key.
    """

    name: str
    build: Callable[[ProviderAccess], GeocodingProvider]
    needs_key: bool
    default_url: str | None
    keep_s: float | None
    probe: str = "Paris, France"
    is_remote: bool = True


def unavailable(detail: str) -> GeocodeProblem:
    return GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, detail, UNAVAILABLE_RETRY_S)


def problem_of_error(error: OutboundError, *, deadline_s: float) -> GeocodeProblem:
    """A call that brought no answer."""
    if isinstance(error, OutboundTimeoutError):
        return unavailable(f"The geocoder did not answer within {deadline_s:.1f} s.")
    return unavailable(f"The geocoder could not be asked: {error}")


def problem_of_status(answer: OutboundResponse, *, message: str, asked_at: datetime) -> GeocodeProblem:
    """An answer whose HTTP status is not 200."""
    status, said = answer.status, f": {message}" if message else "."
    if status in {401, 403, 407}:
        return GeocodeProblem(ProblemCode.MAP_KEY_INVALID, f"The provider refused the key ({status}){said}")
    if status in {402, 429}:
        wait_s = retry_after_s(answer.headers, asked_at=asked_at) or DEFAULT_RETRY_AFTER_S
        return GeocodeProblem(
            ProblemCode.GEOCODER_RATE_LIMITED, f"The provider's limit is reached ({status}){said}", wait_s
        )
    if status in {400, 410, 413, 414, 422}:
        return GeocodeProblem(ProblemCode.NOT_FOUND, f"The provider does not take this address ({status}){said}")
    return unavailable(f"The provider answered {status}{said}")


_MESSAGE_PATHS = (
    ("error_message",),
    ("message",),
    ("error_description",),
    ("title",),
    ("status", "message"),
    ("error", "message"),
    ("error",),
    ("detail",),
)


def message_in(document: object, *, hide: Sequence[str]) -> str:
    """The provider's own sentence in an error document; empty when there is none.

    What is in `hide` (the key, the address) is blanked, also in its URL-encoded forms.
    """
    for path in _MESSAGE_PATHS:
        found = document
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found.strip():
            return _cleaned(found, hide)
    return ""


def _cleaned(text: str, hide: Sequence[str]) -> str:
    for secret in hide:
        for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
            if len(form) > 3:
                text = re.sub(re.escape(form), _HIDDEN, text, flags=re.IGNORECASE)
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_MESSAGE]


def box_around(point: Point) -> tuple[tuple[float, float], tuple[float, float]]:
    """South-west and north-east corner (lat, lon) of a box to prefer, about 50 km around `point`."""
    south, north = max(point.lat - BIAS_DEGREES, -90.0), min(point.lat + BIAS_DEGREES, 90.0)
    west, east = max(point.lon - BIAS_DEGREES, -180.0), min(point.lon + BIAS_DEGREES, 180.0)
    return (south, west), (north, east)
