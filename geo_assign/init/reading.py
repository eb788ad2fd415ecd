"""What people answer, read with patience: each function returns the value or raises ValueError with words for them."""

import difflib
import re
from zoneinfo import available_timezones

from pydantic import TypeAdapter, ValidationError

from geo_assign.core.geo import Point
from geo_assign.core.validation import words_of
from geo_assign.geocoding.coordinates import find_typed_point
from geo_assign.geocoding.providers import PROVIDERS

_TWO_NUMBERS = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*")


def read_as(kind: TypeAdapter[str], text: str) -> str:
    """`text` as the seed file takes it. Raises ValueError with words for people."""
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise ValueError(words_of(error.errors(include_url=False)[0])) from error


def read_timezone(text: str) -> str:
    """The zone of this name, in any case. Raises ValueError with the names that come near."""
    known = {name.casefold(): name for name in available_timezones()}
    wanted = text.replace(" ", "_").casefold()
    if wanted in known:
        return known[wanted]
    cities = {key.rpartition("/")[2]: name for key, name in sorted(known.items())}
    near = [cities[wanted]] if wanted in cities else []
    near += [known[key] for key in difflib.get_close_matches(wanted, known, n=3) if known[key] not in near]
    meant = f"; did you mean {' or '.join(near[:3])}?" if near else ", such as Europe/Lisbon."
    raise ValueError(f"{text!r} is not an IANA time zone{meant}")


def read_location(text: str) -> Point:
    """Degrees north and east, or what a map shows of a place. Raises ValueError."""
    pair = _TWO_NUMBERS.fullmatch(text)
    try:
        point = Point(lat=float(pair[1]), lon=float(pair[2])) if pair else find_typed_point(text)
    except ValueError:
        point = None
    if point is None or point.is_unset:
        raise ValueError("Write the latitude and the longitude, such as 38.7071, -9.1355.")
    return point


def read_provider(text: str) -> str:
    """A provider's name. Raises ValueError with those that there are."""
    if text.casefold() not in PROVIDERS:
        raise ValueError(f"There is no provider {text!r}: choose from {', '.join(sorted(PROVIDERS))}.")
    return text.casefold()
