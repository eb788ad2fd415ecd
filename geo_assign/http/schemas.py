"""The vocabulary of request and answer models: strict in, plain out.

Bodies are validated from their raw bytes (`geo_assign.http.decoding`), so the strictness here is JSON's: a number is
a number, `true` is not one, an id and a time are strings. Query strings are text by nature, so `Query` reads them
leniently, and still refuses names that it does not know.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from geo_assign.core import geo
from geo_assign.core.email_addresses import EmailAddress
from geo_assign.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from geo_assign.core.validation import Written
from geo_assign.http.json_schemas import NamedSchema

T = TypeVar("T")

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CONTROL = re.compile(r"[^\t\n\r -~\xa0-\U0010ffff]")  # U+0000 to U+001F and U+007F to U+009F, but tabs and line ends
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class Body(BaseModel):
    """A request body. Unknown members, NaN, infinities and numbers in disguise are refused; strings are trimmed."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True, str_max_length=20_000
    )


class Patch(Body):
    """A change: an absent member stays as it is; null empties it, and so does a blank text."""


class Query(BaseModel):
    """A query string. Unknown names are refused; a name may be repeated only where a list is wanted."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True, str_max_length=2_000
    )


class Answer(BaseModel):
    """An answer. Instants leave as RFC 3339 in UTC with `Z`, ids as strings, units in the names."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, ser_json_inf_nan="null", json_schema_serialization_defaults_required=True
    )


class PartialAnswer(Answer):
    """An answer whose members with a default may be missing."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)


@dataclass(frozen=True)
class Shaped:
    """Says of plain JSON, which is answered as it was stored, what shape it has: `Annotated[..., Shaped(Model)]`."""

    model: Any

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=handler.generate_schema(self.model),  # for the document
            python_schema=core_schema.any_schema(),  # what a handler gives
            serialization=core_schema.simple_ser_schema("any"),
        )


class Listing(Answer, Generic[T]):
    """Some items in order; `next_cursor` asks for the next page and is null at the end."""

    items: Sequence[T]
    next_cursor: str | None = None


class PageQuery(Query):
    """What every list understands. Other filters are added by inheriting."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items on a page.")
    cursor: str | None = Field(None, max_length=1_000, description="`next_cursor` of the page before.")


def _written_as_time(value: object) -> object:
    # pydantic would also read 1700000000 as a time; here a time says what it is.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value.strip())):
        return value
    raise PydanticCustomError("datetime_format", "Input should be a date and time as of RFC 3339")


def _written_as_date(value: object) -> object:
    # pydantic would also read 1700000000 as a date, and drop the time of a midnight.
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as error:
            raise PydanticCustomError("date", "Input should be a date of the calendar") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date_format", "Input should be a date such as 2026-05-21")


def _written_as_date_or_time(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        return _written_as_date(value)
    return _written_as_time(value)


def _sane_date_or_time(at: date) -> date:
    if isinstance(at, datetime):
        return _in_utc(at)
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise PydanticCustomError("date_range", "Input should lie in the years 1970 to 2199")
    return at


def _sane_year(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise PydanticCustomError("datetime_range", "Input should lie in the years 1970 to 2199")
    return at


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "Input should have an offset such as Z or +02:00")
    return _sane_year(at).astimezone(UTC)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise PydanticCustomError("timezone_unknown", "Input should be an IANA time zone") from error
    return name


def without_control(text: str) -> str:
    """A text as it is. Refuses one with characters that are not seen, other than tabs and line ends."""
    if _CONTROL.search(text):
        raise PydanticCustomError(
            "control_character", "Remove the control characters; only tabs and line breaks are taken"
        )
    return text


def _split_at_commas(value: object) -> object:
    """`a,b` and repeated names alike: a list of trimmed, non-empty parts."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list):
        return value
    return [part.strip() for text in texts for part in str(text).split(",") if part.strip()]


def _bounding_box(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        west, south, east, north = (float(part) for part in value.split(","))
        return geo.BoundingBox(west=west, south=south, east=east, north=north)
    except ValueError as error:
        raise PydanticCustomError("bounding_box", "Input should be west,south,east,north in degrees") from error


Latitude = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS 84.", examples=[41.15])]
Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS 84.", examples=[-8.61])]
Instant = Annotated[
    datetime,
    Field(strict=False),  # strict would refuse the string once Python has seen it
    BeforeValidator(_written_as_time),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time with an offset, as UTC."""
InstantOrWallTime = Annotated[
    datetime,
    Field(strict=False),  # strict would refuse the string once Python has seen it
    BeforeValidator(_written_as_time),
    AfterValidator(_sane_year),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$",
            "description": "With an offset: that instant. Without: a wall time in the store's zone.",
            "examples": ["2026-05-21T14:05:00Z", "2026-05-21T16:05:00"],
        }
    ),
    NamedSchema("InstantOrWallTime"),
]
"""A time with an offset, kept as given, or a naive wall time to be read in the store's zone."""

LocalDate = Annotated[
    date,
    Field(strict=False),
    BeforeValidator(_written_as_date),
    AfterValidator(_sane_date_or_time),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A date of a local calendar."""
LocalDateOrInstant = Annotated[
    datetime | date,
    BeforeValidator(_written_as_date_or_time),
    AfterValidator(_sane_date_or_time),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$",
            "examples": ["2026-05-21", "2026-05-21T14:05:00Z"],
        }
    ),
    NamedSchema("LocalDateOrInstant"),
]
"""A date of the store's calendar, or a time with an offset."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
OptionalNote = Annotated[str | None, Field(max_length=4_000)]
Slug = Annotated[
    str,
    StringConstraints(max_length=63),
    Written(r"^[a-z0-9][a-z0-9-]{0,62}$", "Write small letters, digits and hyphens, such as north-2"),
    NamedSchema("Slug"),
]
Email = Annotated[EmailAddress, NamedSchema("Email", examples=("ana@example.com",))]
ContactName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(without_control)]
ContactText = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(without_control)]
"""A phone number or an e-mail address as people write it: kept as it is."""
Password = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=False)]
NewPassword = Annotated[Password, Field(min_length=8)]
"""One that is chosen now: see `geo_assign.access.passwords`. What was chosen before logs in as it is."""
Skill = Annotated[
    str,
    StringConstraints(max_length=63),
    Written(r"^[a-z0-9][a-z0-9_.-]{0,62}$", "Write small letters, digits, and _ . - between, such as gas.boiler"),
]
Skills = Annotated[tuple[Skill, ...], Field(max_length=50, strict=False), NamedSchema("Skills")]
TimeZoneName = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone), Field(examples=["Europe/Lisbon"])
]
CommaList = Annotated[list[T], BeforeValidator(_split_at_commas), Field(max_length=200)]
"""In a query: `?state=pending,offered` or `?state=pending&state=offered`."""
Bbox = Annotated[
    geo.BoundingBox,
    BeforeValidator(_bounding_box),
    WithJsonSchema({"type": "string", "description": "west,south,east,north", "examples": ["-8.7,41.1,-8.5,41.2"]}),
]
"""In a query: a bounding box in degrees; west may exceed east across the antimeridian."""


class ChangesQuery(PageQuery):
    """A list that may be followed: what changed since an instant, by the last change instead of by name."""

    updated_since: Instant | None = Field(None, description="Changed then or later; sorted by the last change.")


class PointBody(Body):
    """A place."""

    lat: Latitude
    lon: Longitude

    def point(self) -> geo.Point:
        return geo.Point(lat=self.lat, lon=self.lon)


def _unless_unset(place: PointBody | None) -> PointBody | None:
    return None if place is None or place.point().is_unset else place


def _require_set(place: PointBody) -> PointBody:
    if place.point().is_unset:
        raise PydanticCustomError("place_not_set", "(0, 0) means that no place is known: give the real one")
    return place


OptionalPoint = Annotated[PointBody | None, AfterValidator(_unless_unset)]
"""A place, or none: (0, 0), which forms and exports write for "not set", is none."""
KnownPoint = Annotated[PointBody, AfterValidator(_require_set)]
"""A place that must be known: (0, 0) is refused."""


class PointAnswer(Answer):
    """A place."""

    lat: float
    lon: float


class SlotBody(Body):
    """When work happens: half-open, both ends with an offset or both as wall times in the store's zone."""

    start: InstantOrWallTime
    end: InstantOrWallTime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise PydanticCustomError("slot_mixed", "Both ends need an offset, or neither")
        # Wall times are judged once they are instants: an hour that happens twice may end before it starts.
        if self.start.tzinfo is not None and not self.start < self.end:
            raise PydanticCustomError("slot_order", "The end should come after the start")
        return self


class SlotAnswer(Answer):
    """When work happens: half-open, in UTC."""

    start: datetime
    end: datetime


def changes(body: Body) -> dict[str, Any]:
    """The members that a PATCH really sent: absent ones stay, null ones are cleared."""
    return {name: getattr(body, name) for name in body.model_fields_set}
