"""What phones send as positions, and how it is read: one item that cannot be read costs no other.

The whole batch is read at once, which is quick. Only where that fails each item is read by itself.
"""

import codecs
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, ConfigDict, Field, PrivateAttr, TypeAdapter, ValidationError, WithJsonSchema
from pydantic.dataclasses import dataclass

from geo_assign.core.blanks import is_blank
from geo_assign.core.errors import FieldProblem, InvalidError
from geo_assign.core.validation import code_of, words_of
from geo_assign.http.bodies import BodyFormat
from geo_assign.http.decoding import M, require_json
from geo_assign.http.errors import MalformedJsonError
from geo_assign.http.schemas import Body
from geo_assign.positions.domain import MAX_BATCH, Ping

_STRICT = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)
_Scalar: TypeAlias = str | int | float | bool
_MOST_DIGITS = 400  # longer integers are no numbers of any measurement, and slow to read

_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")

# The years in which an instant is one, as everywhere; told to pydantic itself, for 500 times a call adds up.
_RecordedAt = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "The device's time, with an offset. With the device it is what makes a position the same.",
            "examples": ["2026-05-21T14:05:00Z"],
        }
    ),
]


@dataclass(frozen=True, slots=True, config=_STRICT)
class PositionBody(Ping):
    """One position. Any number is taken: what no place or accuracy can be is answered by a verdict of its own.

    A speed, heading or battery outside its range means that the phone does not know it. Other members are ignored.
    """

    recorded_at: _RecordedAt
    lat: float = Field(description="Degrees north, WGS 84.", examples=[41.15])
    lon: float = Field(description="Degrees east, WGS 84.", examples=[-8.61])
    accuracy_m: float | None = Field(None, description="Radius in metres. Negative: the phone has no valid fix.")
    speed_mps: float | None = Field(None, description="Metres per second.")
    heading_deg: float | None = Field(None, description="Degrees clockwise from north, 0 to 360.")
    battery: float | None = Field(None, description="Charge, 0 to 1 or to 100.")
    mock: bool = Field(False, description="The phone says that the location is simulated.")
    event: str | None = Field(None, max_length=64, description="What made the phone send it, such as `motion`.")


class PositionsBody(Body):
    """What a phone sends at once, in any order."""

    model_config = ConfigDict(extra="ignore")

    positions: Annotated[list[PositionBody], Field(min_length=1, max_length=MAX_BATCH)]
    _unreadable: dict[int, FieldProblem] = PrivateAttr(default_factory=dict)
    _passed_over: dict[int, FieldProblem] = PrivateAttr(default_factory=dict)

    @classmethod
    def of_items(
        cls, read: list[PositionBody], *, unreadable: dict[int, FieldProblem], passed_over: dict[int, FieldProblem]
    ) -> "PositionsBody":
        """A batch of which each item was read by itself; the problems are by its place."""
        body = cls.model_construct(positions=read)
        body._unreadable, body._passed_over = unreadable, passed_over  # noqa: SLF001 - its own class
        return body

    @property
    def unreadable(self) -> Mapping[int, FieldProblem]:
        """By their place the items that could not be read, which are not among `positions`."""
        return self._unreadable

    @property
    def passed_over(self) -> Mapping[int, FieldProblem]:
        """By the place of a position the first of its optional members that could not be read."""
        return self._passed_over


def decode_positions(model: type[M], raw: bytes) -> M:
    """A batch of positions, item by item where one cannot be read. Raises InvalidError, MalformedJsonError."""
    raw = raw.removeprefix(codecs.BOM_UTF8) or b"{}"
    if b"\\u0000" not in raw:
        try:
            return model.__pydantic_validator__.validate_json(raw)  # type: ignore[no-any-return]
        except ValidationError:
            pass
    items = _items_of(raw)
    return _find_all_read(items) or _read_items(items)  # type: ignore[return-value]


POSITIONS_JSON = BodyFormat(("application/json",), require_json, decode_positions)

_ITEM = TypeAdapter(PositionBody)
_MEMBERS = tuple(PositionBody.__dataclass_fields__)
_NEEDED = frozenset({"recorded_at", "lat", "lon"})


def _items_of(raw: bytes) -> list[object]:
    """The items as plain data. One bad character, number or level of nesting is no reason to read none."""
    try:
        sent = json.loads(raw.decode("utf-8", "replace"), strict=False, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError("The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise InvalidError.at("", "wrong_type", "Input should be an object.")
    if "positions" not in sent:
        raise InvalidError.at("/positions", "missing", "Is required.")
    items = sent["positions"]
    if not isinstance(items, list):
        raise InvalidError.at("/positions", "wrong_type", "Input should be a list.")
    if not items:
        raise InvalidError.at("/positions", "too_short", "Send at least one position.")
    if len(items) > MAX_BATCH:
        raise InvalidError.at("/positions", "too_long", f"Send at most {MAX_BATCH} positions at once.")
    return items


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _find_all_read(items: list[object]) -> PositionsBody | None:
    """All at once again, without members that say nothing, as some phones always send; None if one is unreadable."""
    given = [_given(item) for item in items if isinstance(item, dict)]
    if len(given) < len(items):
        return None
    try:
        written = json.dumps({"positions": given})
        return None if "\\u0000" in written else PositionsBody.model_validate_json(written)
    except (ValidationError, RecursionError):
        return None


def _given(item: Mapping[str, object]) -> dict[str, object]:
    return {name: item[name] for name in _MEMBERS if not _says_nothing(item.get(name))}


def _read_items(items: list[object]) -> PositionsBody:
    read: list[PositionBody] = []
    unreadable: dict[int, FieldProblem] = {}
    passed_over: dict[int, FieldProblem] = {}
    for index, item in enumerate(items):
        position, problem = _read_item(item, f"/positions/{index}")
        if position is not None:
            read.append(position)
        if problem is not None:
            (unreadable if position is None else passed_over)[index] = problem
    return PositionsBody.of_items(read, unreadable=unreadable, passed_over=passed_over)


def _read_item(item: object, at: str) -> tuple[PositionBody | None, FieldProblem | None]:
    """The position, and what could not be read: without one the item, beside one a member that is passed over."""
    if not isinstance(item, dict):
        return None, FieldProblem(at, "wrong_type", "Input should be an object.")
    given = _given(item)
    problem: FieldProblem | None = None
    while True:
        wrong = _wrong_member(given, at)
        if isinstance(wrong, PositionBody):
            return wrong, problem
        name, found = wrong
        if name in _NEEDED or name not in given:
            return None, found
        del given[name]
        problem = problem or found


def _says_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and is_blank(value))


def _wrong_member(given: Mapping[str, object], at: str) -> PositionBody | tuple[str, FieldProblem]:
    """The position, or the first member that cannot be read, with the reason; needed ones first."""
    for name, value in given.items():
        if not isinstance(value, _Scalar):
            return name, FieldProblem(f"{at}/{name}", "wrong_type", "Input should be a single value.")
        if isinstance(value, str) and _UNSTORABLE.search(value):
            return name, FieldProblem(f"{at}/{name}", "bad_character", "Contains a NUL or half of a surrogate pair.")
    try:
        return _ITEM.validate_json(json.dumps(given))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        detail = next((one for one in details if one["loc"][:1] and one["loc"][0] in _NEEDED), details[0])
        name = str(detail["loc"][0]) if detail["loc"] else ""
        return name, FieldProblem(f"{at}/{name}" if name else at, code_of(detail["type"]), words_of(detail))
