"""The columns of each kind of row, their types, and error messages for wrong cells."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.core.geo import Point
from geo_assign.core.validation import words_of
from geo_assign.core.wire import Json
from geo_assign.http.schemas import (
    ContactName,
    ContactText,
    Email,
    InstantOrWallTime,
    LongText,
    NewPassword,
    ShortText,
    Skill,
    Slug,
)
from geo_assign.importing.cells import (
    UnclearCellError,
    is_date_alone,
    read_decimal,
    read_number,
    read_numbers,
    read_truth,
)
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import Customer, Device, Kind

T = TypeVar("T")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)", re.ASCII)


class RowError(Exception):
    """A row cannot be imported: the column (empty: the row as a whole) and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}" if column else reason)
        self.column = column
        self.reason = reason


class RowDiffersError(RowError):
    """A row says something else than the work order that it names, which stays as it is."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(
            "", f"The work order is there already and was not changed: {', '.join(columns)} not taken over."
        )
        self.columns = tuple(columns)


def _listed(cell: object) -> object:
    return [part for part in re.split(r"[\s,;|]+", cell) if part] if isinstance(cell, str) else cell


def _spans(cell: object) -> object:
    """Return `09:00-12:00 13:00-18:00` as pairs; `-` is a day off."""
    if not isinstance(cell, str):
        return cell
    spans = [[start.zfill(5), end.zfill(5)] for start, end in _SPAN.findall(cell)]
    if _SPAN.sub("", cell).strip(" ,;|") not in ("", "-"):
        raise PydanticCustomError("hours", "Write times like 09:00-12:00 13:00-18:00, or - for a day off")
    return spans


def _degrees(cell: object) -> object:
    return read_decimal(cell) if isinstance(cell, str) else cell


def _number(cell: object) -> object:
    return _clearly(read_number, cell) if isinstance(cell, str) else cell


def _clearly(read: Callable[[str], T], cell: str) -> T:
    try:
        return read(cell)
    except UnclearCellError as error:
        raise PydanticCustomError("unclear", "{reason}", {"reason": str(error)}) from None


def _with_a_time(cell: object) -> object:
    if isinstance(cell, str) and is_date_alone(cell):
        raise PydanticCustomError(
            "time_missing", "This is a date without a time of day: write both, such as 2026-05-21 14:00"
        )
    return cell


Words = Annotated[list[Slug], BeforeValidator(_listed)]
Skills = Annotated[list[Skill], BeforeValidator(_listed), Field(max_length=50)]
Spans = Annotated[list[list[str]] | None, BeforeValidator(_spans)]
Latitude = Annotated[float, BeforeValidator(_degrees), Field(ge=-90, le=90)]
Longitude = Annotated[float, BeforeValidator(_degrees), Field(ge=-180, le=180)]
Moment = Annotated[InstantOrWallTime | None, BeforeValidator(_with_a_time)]
Integer = Annotated[int, BeforeValidator(_number)]
_SLUG = "small letters, digits and hyphens"


_PLACES = (("lat", "lon"), ("home_lat", "home_lon"))


def _is_zero(cell: str) -> bool:
    return re.fullmatch(r"\s*[-+]?0+(?:[.,]0*)?\s*", cell) is not None


class ImportRow(BaseModel):
    """A row of a file. An empty cell takes the default of a new entry and leaves an existing one unchanged."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)
    key: ClassVar[tuple[str, ...]] = ("slug",)

    @model_validator(mode="before")
    @classmethod
    def _without_unset_places(cls, cells: Mapping[str, str]) -> Mapping[str, str]:
        """Without a place that is (0, 0), which exports write for "not set"; where one is needed, it is an error."""
        unset = {name for pair in _PLACES if all(_is_zero(cells.get(name, "")) for name in pair) for name in pair}
        needed = unset & set(cls.required())
        if needed:
            raise PydanticCustomError("column", "0, 0 means that no place is known", {"column": min(needed)})
        return {name: cell for name, cell in cells.items() if name not in unset}

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return each column that a file may have, in the order of the documentation."""
        return tuple(cls.model_fields)

    @classmethod
    def required(cls) -> tuple[str, ...]:
        return tuple(name for name, one in cls.model_fields.items() if one.is_required())

    @classmethod
    def describe(cls, column: str) -> str | None:
        """Return what a cell of the column should be, where there is more to say than its name."""
        described = cls.model_fields.get(column) or StoreSettings.model_fields.get(column)
        return None if described is None else described.description

    @classmethod
    def read(cls, cells: Mapping[str, str]) -> Self:
        """Return the row of these cells. Raises RowError for the first wrong cell."""
        if any("\0" in cell for cell in cells.values()):
            raise RowError("", "There is a zero byte in this row.")
        try:
            return cls.model_validate(cells)
        except ValidationError as error:
            raise _worded(cls, error) from None

    def identity(self) -> tuple[str, ...]:
        """Return the key of the row: unique within a file."""
        return tuple(str(getattr(self, name)) for name in self.key)


class TechnicianImportRow(ImportRow):
    """A technician, identified by the slug."""

    slug: Slug = Field(description=_SLUG)
    name: ShortText
    store: Slug = Field(description="the slug of a store")
    groups: Words = Field([], description="slugs of service groups, separated by blanks")
    skills: Skills = Field([], description="short codes, separated by blanks")
    home_lat: Latitude | None = None
    home_lon: Longitude | None = None
    provider: Slug | None = Field(None, description="the slug of a service provider")
    email: Email | None = Field(None, description="an e-mail address, to log in with")
    password: NewPassword | None = None
    mon: Spans = None
    tue: Spans = None
    wed: Spans = None
    thu: Spans = None
    fri: Spans = None
    sat: Spans = None
    sun: Spans = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _both(self, "home_lat", "home_lon")
        if self.password and not self.email:
            raise PydanticCustomError("column", "A password needs an email beside it", {"column": "email"})
        return self

    def home(self) -> Point | None:
        return None if self.home_lat is None or self.home_lon is None else Point(lat=self.home_lat, lon=self.home_lon)

    def hours(self) -> dict[str, list[list[str]]] | None:
        """Return the working week; days without a cell are days off. None: no day is given at all."""
        given = {day: getattr(self, day) for day in DAYS}
        if all(spans is None for spans in given.values()):
            return None
        return {day: spans for day, spans in given.items() if spans}


class StoreRow(ImportRow):
    """A store, identified by the slug. Each setting of a store may be a column of its name."""

    model_config = ConfigDict(extra="allow")

    slug: Slug = Field(description=_SLUG)
    name: ShortText
    timezone: ShortText
    lat: Latitude
    lon: Longitude

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return (*cls.model_fields, *StoreSettings.model_fields)

    def settings(self) -> dict[str, Json]:
        """Return the settings of this row as JSON values. Raises RowError for a cell that may mean two things."""
        return {name: _setting(name, str(cell)) for name, cell in (self.model_extra or {}).items()}


class WorkOrderRow(ImportRow):
    """A lead or a ticket, identified by store and external id."""

    key = ("store", "external_id")

    external_id: ShortText
    store: Slug = Field(description="the slug of a store")
    customer_name: ContactName
    kind: Literal[Kind.LEAD, Kind.TICKET] = Field(Kind.LEAD, description="lead or ticket")
    customer_phone: ContactText | None = Field(None, description="as people write it")
    customer_email: ContactText | None = Field(None, description="as people write it")
    address: LongText | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    slot_start: Moment = None
    slot_end: Moment = None
    group: Slug | None = Field(None, description="the slug of a service group")
    skills: Skills = Field([], description="short codes, separated by blanks")
    assignee: Slug | None = Field(None, description="the slug of a technician")
    priority: Integer = Field(0, ge=-100, le=100)
    device_type: ShortText | None = None
    device_brand: ShortText | None = None
    device_model: ShortText | None = None
    device_issue: LongText | None = None
    referral_source: ShortText | None = None
    notes: LongText | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _both(self, "lat", "lon")
        if self.kind is Kind.LEAD and not self.address and self.lat is None:
            raise PydanticCustomError("column", "A lead has an address, or lat and lon", {"column": "address"})
        if self.slot_end is not None and self.slot_start is None:
            raise PydanticCustomError("column", "A slot that ends also starts", {"column": "slot_start"})
        if self.slot_start and self.slot_end and (self.slot_start.tzinfo is None) != (self.slot_end.tzinfo is None):
            raise PydanticCustomError("column", "Both ends need an offset, or neither", {"column": "slot_end"})
        return self

    def location(self) -> Point | None:
        return None if self.lat is None or self.lon is None else Point(lat=self.lat, lon=self.lon)

    def device(self) -> Device:
        parts = {name: getattr(self, f"device_{name}") for name in Device.__annotations__}
        return cast(Device, {name: part for name, part in parts.items() if part is not None})

    def customer(self) -> Customer:
        parts = {"name": self.customer_name, "phone": self.customer_phone, "email": self.customer_email}
        return cast(Customer, {name: part for name, part in parts.items() if part is not None})


def _both(row: ImportRow, one: str, other: str) -> None:
    for given, missing in ((one, other), (other, one)):
        if getattr(row, given) is not None and getattr(row, missing) is None:
            raise PydanticCustomError("column", "{given} is given without it", {"column": missing, "given": given})


def _setting(name: str, cell: str) -> Json:
    """The value of a setting, read as what the setting is. Raises RowError."""
    kinds = _kinds_in(StoreSettings.model_fields[name].annotation)
    try:
        if cell == "null":
            return None
        if bool in kinds:
            return read_truth(cell)
        if Literal in kinds:
            return cell.casefold()
        if tuple in kinds:
            return [_json_or_text(part) for part in read_numbers(cell)]
        return _json_or_text(read_number(cell) if kinds & {int, float} else cell)
    except UnclearCellError as error:
        raise RowError(name, f"{error}.") from None


def _kinds_in(annotation: object) -> set[object]:
    """The types that an annotation is made of, with `Literal` for its words."""
    origin = get_origin(annotation)
    if origin is None or origin is Literal:
        return {origin or annotation}
    return {origin}.union(*(_kinds_in(one) for one in get_args(annotation)))


def _json_or_text(cell: str) -> Json:
    try:
        value: Json = json.loads(cell)
    except ValueError:
        return cell
    return value


def _worded(row: type[ImportRow], error: ValidationError) -> RowError:
    return next(_words(row, error))


def _words(row: type[ImportRow], error: ValidationError) -> Iterator[RowError]:
    for wrong in error.errors(include_url=False, include_input=False):
        column = str(wrong["loc"][0]) if wrong["loc"] else str(wrong.get("ctx", {}).get("column", ""))
        described = row.model_fields[column].description if column in row.model_fields else None
        if wrong["type"] == "missing":
            yield RowError(column, "This must not be empty.")
        elif wrong["type"] == "bad_format" and described:
            yield RowError(column, f"This should be {described}.")
        elif wrong["type"] == "datetime_format":
            yield RowError(column, "Write times like 2026-05-21 14:00 or 2026-05-21T14:00+02:00.")
        else:
            yield RowError(column, words_of(wrong))
