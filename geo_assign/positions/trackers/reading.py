"""How values of tracker apps are read: each reader gives the value in our unit, or None where it says nothing.

What an app does not know it leaves out or calls -1: both are None, and never 0. What cannot be read is None, too.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

KMH = 1_000 / 3_600
KNOT = 1_852 / 3_600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
# Seconds, milliseconds, microseconds or nanoseconds since 1970: seconds stay below 1e11 until the year 5138.
_PER_SECOND = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (math.inf, 1_000_000_000))
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_OFFSET_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)", re.ASCII)
# In a query string an unescaped + is a space.
_LOST_PLUS = re.compile(r"(:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)$", re.ASCII)
_UNSTORABLE = re.compile("[\\0-\\x1f\\x7f\\ud800-\\udfff]")
_WORDS_FOR_TRUE = frozenset({"1", "true", "yes", "on"})
_MOST_DIGITS = 400  # longer integers are no measurement, and slow to read
_TEXT_LENGTH = 64
_BOM = "\ufeff"


def json_of(body: bytes) -> object:
    """What a body says as JSON; None when it is none. One bad character is no reason to read nothing."""
    text = body.decode("utf-8", "replace").removeprefix(_BOM)
    try:
        return json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def members_of(value: object) -> Mapping[str, object]:
    """The members of an object; of anything else none."""
    return value if isinstance(value, Mapping) else {}


def entries_of(value: object) -> Sequence[object]:
    """The entries of a list; anything else is the one entry, and nothing is none."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def find_number(value: object) -> float | None:
    """A finite number, also one that is written as text or with a decimal comma."""
    if isinstance(value, str):
        text = value.strip()
        if _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        if _NUMBER.fullmatch(text) is None:
            return None
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def find_speed_mps(value: object, *, unit_mps: float = 1.0) -> float | None:
    """A speed in units of `unit_mps`, in metres per second."""
    number = _find_at_least_zero(value)
    return None if number is None else number * unit_mps


def find_heading_deg(value: object) -> float | None:
    """Degrees clockwise from north, which is 0."""
    return _find_at_least_zero(value)


def find_accuracy_m(value: object) -> float | None:
    """A radius in metres. 0, which no measurement has, is how Android says that it knows none."""
    return find_number(value) or None


def find_share(value: object) -> float | None:
    """A charge as a share of 1, where 1 is full; more than 1 is counted to 100."""
    number = _find_at_least_zero(value)
    return number if number is None or number <= 1.0 else find_percent(number)


def find_percent(value: object) -> float | None:
    """A charge counted to 100 as a share of 1."""
    number = _find_at_least_zero(value)
    return None if number is None or number > 100.0 else number / 100.0


def is_true(value: object) -> bool:
    """Whether a flag is set, in any of the ways that apps write it."""
    return value is True or (not isinstance(value, bool) and str(value).strip().lower() in _WORDS_FOR_TRUE)


def find_text(value: object) -> str | None:
    """A short text without characters that cannot be stored."""
    if not isinstance(value, str):
        return None
    return _UNSTORABLE.sub("", value).strip()[:_TEXT_LENGTH] or None


def find_instant(value: object) -> datetime | None:
    """An instant: since 1970 in seconds or smaller units, or ISO 8601 in its many spellings; without an offset UTC."""
    number = find_number(value)
    at = _of_text(value) if number is None else _since_1970(number, value)
    return at if at is not None and _EPOCH <= at < _LAST else None


def _since_1970(number: float, value: object) -> datetime | None:
    per_second = next(each for limit, each in _PER_SECOND if abs(number) < limit)
    # Whole numbers are taken exactly: the device's time is what makes a position the same.
    is_whole = isinstance(value, int | str) and str(value).strip().isdigit()
    microseconds = int(str(value)) * 1_000_000 // per_second if is_whole else round(number * 1_000_000 / per_second)
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _of_text(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    text = _OFFSET_APART.sub("", value.strip().upper().removesuffix("UTC").removesuffix("GMT").rstrip())
    text = _LOST_PLUS.sub(r"\1+\2", text)
    if ":" not in text:
        return None  # a day is no instant
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _find_at_least_zero(value: object) -> float | None:
    number = find_number(value)
    return None if number is None or number < 0.0 else number
