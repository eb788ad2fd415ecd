"""The database: engine, tenant transactions, time-outs.

Every transaction belongs to one organization. Row security compares each row with the transaction-local setting
`app.org_id`, which travels in the same message as BEGIN; after COMMIT it is gone, so a pooled connection carries
nothing over.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg import errors as pg_errors
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from geo_assign.core.clock import Clock, DatabaseClock
from geo_assign.core.direct import AnyOpening, OpenedRow, driver_of, fetch_all, run_script
from geo_assign.core.statements import R, Statement

T = TypeVar("T")

_OPTIONS = (
    "-c timezone=UTC -c statement_timeout={statement_ms} -c lock_timeout={lock_ms} "
    "-c idle_in_transaction_session_timeout=30000 -c jit=off"
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the installation chose for all who chose nothing: the age in seconds at which a position is too old."""

    freshness_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction of one organization, handed to every query and command. Commands never commit it.

    `opened` holds the rows of the question it was opened with, if any; `opened_at` is when that was asked.
    """

    org_id: UUID
    conn: Connection
    clock: Clock
    defaults: Defaults = Defaults()
    opened: Sequence[OpenedRow] = ()
    opened_at: datetime | None = None

    def as_of(self) -> datetime:
        """The instant of a read that takes no lock: when the transaction was opened, where that is known."""
        return self.opened_at or self.now()

    def now(self) -> datetime:
        """The present instant. Ask after taking the lock the decision needs."""
        return self.clock.now(self.conn)

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        """The rows of a statement of the hot path: see `core.statements` and `core.direct`."""
        return fetch_all(self.conn.connection, statement, values)

    @property
    def raw(self) -> psycopg.Connection[TupleRow]:
        """The driver's connection, for the few statements where each layer counts."""
        return driver_of(self.conn.connection)


class Database:
    """A pool of connections of one role."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        pool_wait_s: float = 5.0,
        statement_ms: int = 15_000,
        lock_ms: int = 10_000,
        clock: Clock | None = None,
        defaults: Defaults | None = None,
    ) -> None:
        self.clock: Clock = clock or DatabaseClock()
        self.defaults = defaults or Defaults()
        options = _OPTIONS.format(statement_ms=statement_ms, lock_ms=lock_ms)
        self.engine = _engine(url, pool_size=pool_size, pool_wait_s=pool_wait_s, options=options)

    @contextmanager
    def transaction(
        self, org_id: UUID, opening: AnyOpening | None = None, arguments: Mapping[str, str] | None = None
    ) -> Iterator[Tx]:
        """Begin, commit at the end, roll back on any exception. `opening` is asked in the same message as BEGIN."""
        begin = f"BEGIN; SELECT set_config('app.org_id', '{UUID(str(org_id))}', true)"
        with self.engine.connect() as conn:
            opened = _begin(conn, begin, opening, arguments=arguments)
            opened_at = opened[0].opened_at if opened and isinstance(self.clock, DatabaseClock) else None
            with _rolled_back(conn):
                yield Tx(org_id, conn, self.clock, self.defaults, opened, opened_at)
                _commit(conn)

    @contextmanager
    def across_organizations(self) -> Iterator[Connection]:
        """A transaction bound to no organization: sweeps of the worker role, health, log-in."""
        with self.engine.connect() as conn:
            _begin(conn, "BEGIN")
            with _rolled_back(conn):
                yield conn
                _commit(conn)

    def run(self, org_id: UUID, work: Callable[[Tx], T], *, attempts: int = 4) -> T:
        """Do `work` in a transaction; once more when the database chose it as the victim of a deadlock."""
        for attempt in range(1, attempts + 1):
            try:
                with self.transaction(org_id) as tx:
                    return work(tx)
            except (DBAPIError, psycopg.Error) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                if attempt == attempts or not isinstance(cause, RETRYABLE):
                    raise
                backoff(attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self.engine.dispose()


_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
RETRYABLE = (pg_errors.DeadlockDetected, pg_errors.SerializationFailure)


def backoff(attempt: int) -> None:
    """Wait a moment before trying again: 10 ms, 20 ms, 40 ms and so on."""
    time.sleep(0.005 * 2**attempt)


def _begin(
    conn: Connection, begin: str, opening: AnyOpening | None = None, *, arguments: Mapping[str, str] | None = None
) -> Sequence[OpenedRow]:
    """Send `begin`, with the question if there is one. A connection that died in the pool is replaced once."""
    for last in (False, True):
        pooled = conn.connection
        pgconn = driver_of(pooled).pgconn
        try:
            if opening is not None:
                return opening.begin(pooled, begin, arguments or {})
            run_script(pgconn, begin.encode())
        except psycopg.Error:
            if last or pgconn.status != ConnStatus.BAD:
                raise
            conn.invalidate()
        else:
            return ()
    raise AssertionError("unreachable")


@contextmanager
def _rolled_back(conn: Connection) -> Iterator[None]:
    """Roll back when something is raised; drop a connection that is lost."""
    try:
        yield
    except BaseException:
        if conn.invalidated:
            raise
        pgconn = driver_of(conn.connection).pgconn
        if pgconn.status == ConnStatus.BAD:
            conn.invalidate()
        elif pgconn.transaction_status in _OPEN:
            run_script(pgconn, b"ROLLBACK")
        raise


def _commit(conn: Connection) -> None:
    """Raises InFailedSqlTransaction when a statement failed and was passed over: nothing of it can be kept."""
    result = run_script(driver_of(conn.connection).pgconn, b"COMMIT")
    if result.command_status != b"COMMIT":
        raise pg_errors.InFailedSqlTransaction("a statement failed, so nothing was committed")


def _engine(url: str, *, pool_size: int, pool_wait_s: float, options: str) -> Engine:
    # AUTOCOMMIT: the driver then sends no BEGIN of its own, ours travels with the tenant's setting in one message.
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"options": options, "application_name": "geo-assign", "connect_timeout": 5},
    )
    event.listen(engine, "savepoint", _refuse_savepoint)
    return engine


def _refuse_savepoint(_conn: Connection, _name: str) -> None:
    """Raise RuntimeError: going back to a savepoint makes the driver deallocate the statements of `core.direct`."""
    raise RuntimeError("No savepoints: claim with ON CONFLICT DO NOTHING, or use a transaction of its own.")
