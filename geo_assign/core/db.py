"""The database: engine, tenant transactions, time-outs.

Every transaction belongs to one organization. Row security compares each row with the transaction-local setting
`app.org_id`, which travels in the same message as BEGIN; after COMMIT it is gone, so a pooled connection carries
nothing over.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import errors as pg_errors
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from geo_assign.core.clock import Clock, DatabaseClock

T = TypeVar("T")

_OPTIONS = (
    "-c timezone=UTC -c statement_timeout={statement_ms} -c lock_timeout={lock_ms} "
    "-c idle_in_transaction_session_timeout=30000 -c jit=off"
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the installation chose for everybody who chose nothing: the age in seconds at which a position is too old."""

    freshness_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction of one organization, handed to every query and command. Commands never commit it."""

    org_id: UUID
    conn: Connection
    clock: Clock
    defaults: Defaults = Defaults()

    def now(self) -> datetime:
        """The present instant. Ask after taking the lock the decision needs."""
        return self.clock.now(self.conn)

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """The driver's connection, for the few statements where each layer counts."""
        driver = self.conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        return driver


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
        self.engine = _engine(url, pool_size, pool_wait_s, _OPTIONS.format(statement_ms=statement_ms, lock_ms=lock_ms))

    @contextmanager
    def transaction(self, org_id: UUID) -> Iterator[Tx]:
        """Begin, commit at the end, roll back on any exception."""
        with self.engine.connect() as conn:
            conn.exec_driver_sql(f"BEGIN; SELECT set_config('app.org_id', '{UUID(str(org_id))}', true)")
            yield Tx(org_id=org_id, conn=conn, clock=self.clock, defaults=self.defaults)
            conn.exec_driver_sql("COMMIT")

    @contextmanager
    def across_organizations(self) -> Iterator[Connection]:
        """A transaction bound to no organization: sweeps of the worker role, health, log-in."""
        with self.engine.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            yield conn
            conn.exec_driver_sql("COMMIT")

    def run(self, org_id: UUID, work: Callable[[Tx], T], *, attempts: int = 4) -> T:
        """Do `work` in a transaction; once more when the database chose it as the victim of a deadlock."""
        for attempt in range(1, attempts + 1):
            try:
                with self.transaction(org_id) as tx:
                    return work(tx)
            except DBAPIError as error:
                if attempt == attempts or not isinstance(error.orig, RETRYABLE):
                    raise
                backoff(attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self.engine.dispose()


RETRYABLE = (pg_errors.DeadlockDetected, pg_errors.SerializationFailure)


def backoff(attempt: int) -> None:
    """Wait a moment before trying again: 10 ms, 20 ms, 40 ms…"""
    time.sleep(0.005 * 2**attempt)


def _engine(url: str, pool_size: int, pool_wait_s: float, options: str) -> Engine:
    # AUTOCOMMIT: the driver then sends no BEGIN of its own, ours travels with the tenant's setting in one message.
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        pool_pre_ping=False,
        pool_use_lifo=True,
        connect_args={"options": options, "application_name": "geo-assign", "connect_timeout": 5},
    )
