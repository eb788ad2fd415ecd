"""How values of tracker apps are read: each reader gives the value in our unit, or None where it says nothing.

What an app does not know it leaves out or calls -1: both are None, and never 0. What cannot be read is None, too.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

KMH = 1_000 / 3_600
KNOT = 1_852 / 3_600
_MPH = 1_609.344 / 3_600
# None: as the app counts where it names no unit.
_SPEEDS: Mapping[str, float | None] = {
    "": None,
    **dict.fromkeys(("m/s", "mps", "ms"), 1.0),
    **dict.fromkeys(("km/h", "kmh", "kph"), KMH),
    **dict.fromkeys(("mph", "mi/h"), _MPH),
    **dict.fromkeys(("kn", "kt", "kts", "knot", "knots"), KNOT),
}
_METRES, _DEGREES, _PERCENT = ({"", "m"}, {"", "°", "deg"}, {"", "%"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
# Seconds, milliseconds, microseconds or nanoseconds since 1970: seconds stay below 1e11 until the year 5138.
_PER_SECOND = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (math.inf, 1_000_000_000))
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WITH_UNIT = re.compile(r"([+-]?[\d.,]+)\s*([A-Za-z/%°][A-Za-z/%° ]*)", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_OFFSET_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)", re.ASCII)
# In a query string an unescaped + is a space.
_LOST_PLUS = re.compile(r"(:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)$", re.ASCII)
_WITHOUT_SIGNS = re.compile(r"\d{8}T\d{4,6}", re.ASCII)
_UNSTORABLE = re.compile("[\\0-\\x1f\\x7f\\ud800-\\udfff]")
_WORDS_FOR_TRUE = frozenset({"1", "true", "yes", "on"})
_MOST_DIGITS = 400  # longer integers are no measurement, and slow to read
_TEXT_LENGTH = 64
_BOM = "\ufeff"


def json_of(body: bytes) -> object:
    """What a body says as JSON; None when it is none. One bad character is no reason to read nothing."""
    text = body.decode("utf-8", "replace").removeprefix(_BOM)
    whole = _json_of_text(text)
    return _json_of_lines(text) if whole is None else whole


def _json_of_lines(text: str) -> object:
    """One object in each line, as queues are written down: all of them; None unless the first line is one."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not isinstance(_json_of_text(lines[0]), Mapping):
        return None
    return [_json_of_text(line) or {} for line in lines]


def _json_of_text(text: str) -> object:
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
    """A speed in units of `unit_mps`, or in the unit that is written behind it, in metres per second."""
    number, unit = _quantity_of(value)
    if number is None or number < 0.0 or unit not in _SPEEDS:
        return None
    return number * (_SPEEDS[unit] or unit_mps)


def find_heading_deg(value: object) -> float | None:
    """Degrees clockwise from north, which is 0; beyond a whole turn it is no direction."""
    number, unit = _quantity_of(value)
    return number if number is not None and unit in _DEGREES and 0.0 <= number <= 360.0 else None


def find_accuracy_m(value: object) -> float | None:
    """A radius in metres. 0, which no measurement has, is how Android says that it knows none."""
    number, unit = _quantity_of(value)
    return number if number and unit in _METRES else None


def find_share(value: object) -> float | None:
    """A charge as a share of 1, where 1 is full; more than 1, or with a sign of per cent, it is counted to 100."""
    if _quantity_of(value)[1] == "%":
        return find_percent(value)
    number = _find_at_least_zero(value)
    return number if number is None or number <= 1.0 else find_percent(number)


def find_percent(value: object) -> float | None:
    """A charge counted to 100 as a share of 1."""
    number, unit = _quantity_of(value)
    return number / 100.0 if number is not None and unit in _PERCENT and 0.0 <= number <= 100.0 else None


def _quantity_of(value: object) -> tuple[float | None, str]:
    """A number, and the unit that is written behind it, in small letters; empty where there is none."""
    found = _WITH_UNIT.fullmatch(value.strip()) if isinstance(value, str) else None
    return (find_number(value), "") if found is None else (find_number(found[1]), found[2].lower().replace(" ", ""))


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
    if ":" not in text and _WITHOUT_SIGNS.match(text) is None:
        return None  # a day is no instant
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _of_mail(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _of_mail(text: str) -> datetime | None:
    """As mails and HTTP write it: `Thu, 21 May 2026 14:05:00 GMT`."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _find_at_least_zero(value: object) -> float | None:
    number = find_number(value)
    return None if number is None or number < 0.0 else number
