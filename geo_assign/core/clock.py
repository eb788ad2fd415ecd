"""The one source of time. Everything else receives it as an argument.

In production the clock is the database's: it is asked in a statement of its own, *after* the lock that a decision
needs, so that a decision which waited behind a lock is judged by the time at which it really happens. In replay the
clock is the recording's.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, DateTime, func, literal, select

from geo_assign.core.direct import fetch_all
from geo_assign.core.statements import Statement


class Clock(Protocol):
    """Tells the present instant on a given connection."""

    def now(self, conn: Connection) -> datetime:
        """The present instant, timezone-aware, UTC."""

    def given(self, read_at: datetime) -> datetime:
        """The present instant, for a statement that has just read the database's clock beside something else."""

    def reading(self) -> ColumnElement[datetime]:
        """The present instant as a column, for a statement that tells it beside what it reads."""


class DatabaseClock:
    """The database's wall clock, read anew at every call."""

    def now(self, conn: Connection) -> datetime:
        return fetch_all(conn.connection, _CLOCK, {})[0].now

    def given(self, read_at: datetime) -> datetime:
        return require_aware(read_at)

    def reading(self) -> ColumnElement[datetime]:
        return func.clock_timestamp()


class RecordedClock:
    """A clock that stands still until it is set: replay and tests."""

    def __init__(self, at: datetime) -> None:
        self._at = require_aware(at)

    def now(self, conn: Connection | None = None) -> datetime:  # noqa: ARG002 - it stands still on every connection
        return self._at

    def given(self, read_at: datetime) -> datetime:  # noqa: ARG002
        return self._at

    def reading(self) -> ColumnElement[datetime]:
        return literal(self._at, DateTime(timezone=True))

    def set(self, at: datetime) -> None:
        """Move to `at`, forwards or backwards."""
        self._at = require_aware(at)

    def advance(self, by: timedelta) -> None:
        self._at += by


def require_aware(at: datetime) -> datetime:
    """`at` in UTC. Raises ValueError for a naive datetime: a time without an offset is a guess."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("a datetime without offset is not an instant")
    return at.astimezone(UTC)


def wall_clock() -> datetime:
    """This host's time. For file names and log lines only: decisions use a `Clock`."""
    return datetime.now(UTC)


class _Reading(NamedTuple):
    now: datetime


_CLOCK = Statement.of(_Reading, select(func.clock_timestamp().label("now")))
