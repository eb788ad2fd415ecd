"""Gaps in people's time, and the slots that fit into them: plain arithmetic of instants."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from geo_assign.core.spans import Span, intersect_all


def earliest_common_gap(free: Sequence[Sequence[Span]], duration: timedelta, after: datetime) -> Span | None:
    """The earliest slot of `duration`, not before `after`, in which everybody is free; None when there is none.

    `free` holds each person's free spans, half-open instants in any order; of nobody there is no common time.
    """
    for start, end in intersect_all(free):
        begins = max(start, after)
        if begins + duration <= end:
            return begins, begins + duration
    return None
