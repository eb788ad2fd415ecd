"""Knowing beforehand what a transaction will ask, so that it is asked in the message that opens it.

A request asks who calls, then its store's rules, then its question, and each waits for the one before only because its
values follow from it. Those rows seldom change. So the request is rehearsed with the last ones: what it asks then is
asked together with who calls. The rows of the message are the ones that count: where they differ from the last ones,
the question has other values than the one foreseen, whose answer is not used, and it is asked anew.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar

import psycopg
from sqlalchemy import Connection

from geo_assign.core.direct import Answers, Asked, fetch_all
from geo_assign.core.statements import R, Statement

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# A question is of the instant that was guessed, unless that is so far from when it was really asked.
_NEAR = timedelta(milliseconds=50)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LastKnown(Generic[K, V]):
    """The last known values by key, `most` of them at the most: the oldest keys go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def find(self, key: K) -> V | None:
        return self._kept.get(key)

    def keep(self, key: K, value: V) -> None:
        with self._lock:
            if key not in self._kept and len(self._kept) >= self._most:
                self._kept.popitem(last=False)
            self._kept[key] = value

    def forget(self, key: K) -> None:
        with self._lock:
            self._kept.pop(key, None)


LastRows: TypeAlias = LastKnown[Asked, Sequence[Any]]
"""The last rows of steady statements."""


def asked_with(statement: Statement[Any], values: Mapping[str, object]) -> Asked:
    """What is asked, as something that can be compared."""
    given = (values[name] for name in statement.parameters)
    return Asked(statement, tuple(tuple(value) if isinstance(value, list) else value for value in given))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a transaction that begins at `at` will ask."""

    at: datetime
    asked: tuple[Asked, ...]

    def as_of(self, opened_at: datetime) -> datetime:
        """The instant of the transaction, which was really opened at `opened_at`."""
        return self.at if abs(opened_at - self.at) <= _NEAR else opened_at


NOTHING_BESIDES = Foreseen(_EPOCH, ())
"""Of a transaction that asks nothing after its opening: that is one message, which needs no COMMIT."""


class NotForeseenError(Exception):
    """What a rehearsal would do now depends on what is not known yet."""


class Rehearsal:
    """The way of a transaction to no database: it keeps what is asked, and answers with what is known."""

    def __init__(self, last_known: LastRows) -> None:
        self._last_known = last_known
        self.asked: list[Asked] = []

    @property
    def conn(self) -> NoReturn:
        raise NotForeseenError

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        asked = asked_with(statement, values)
        self.asked.append(asked)
        rows = self._last_known.find(asked)
        if rows is None:
            raise NotForeseenError
        return list(rows)


class Foretold:
    """The way of a transaction of which answers are there already: it begins when something else is asked.

    The answers are those to the same statements with the same values, or they are not used.
    """

    def __init__(self, begin: Callable[[], Connection], answers: Answers, last_known: LastRows) -> None:
        self._begin, self._answers, self._last_known = begin, answers, last_known
        self.begun: Connection | None = None

    @property
    def conn(self) -> Connection:
        if self.begun is None:
            self.begun = self._begin()
        return self.begun

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        asked = asked_with(statement, values)
        # After the transaction's own statements an earlier answer is none.
        answer = self._answers.get(asked) if self.begun is None else None
        if isinstance(answer, psycopg.Error):
            raise answer
        rows = fetch_all(self.conn.connection, statement, values) if answer is None else list(answer)
        if statement.steady:
            self._last_known.keep(asked, rows)
        return rows


class GuessedClock:
    """The database's clock, guessed from what it told: not later than it is, and not much earlier."""

    def __init__(self) -> None:
        self._ahead: timedelta | None = None

    def learn(self, told: datetime, heard_at_s: float) -> None:
        """It was `told` before it was heard, at a time of `perf_counter`."""
        ahead = told - _EPOCH - timedelta(seconds=heard_at_s)
        if self._ahead is None or not timedelta(0) <= self._ahead - ahead <= _NEAR:
            self._ahead = ahead

    def at(self, seconds: float) -> datetime | None:
        """What it would tell at a time of `perf_counter`; None as long as it was not heard."""
        return None if self._ahead is None else _EPOCH + self._ahead + timedelta(seconds=seconds)
