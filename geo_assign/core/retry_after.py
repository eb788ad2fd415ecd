"""The Retry-After header of an answer: how long its sender asks to be left alone."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

# No provider is avoided for longer: a wrong header must not block for ever.
LONGEST_S = 86_400.0


def retry_after_s(headers: Mapping[str, str], *, asked_at: datetime) -> float | None:
    """Seconds from 1 to a day, told as a number or as a date; None when nothing usable is said. Names are lower case.

    A date is taken relative to the server's own clock (its Date header) where it tells it.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
        return min(max(float(text), 1.0), LONGEST_S)
    until, server_now = _date(text), _date(headers.get("date", ""))
    if until is None:
        return None
    return min(max((until - (server_now or asked_at)).total_seconds(), 1.0), LONGEST_S)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
