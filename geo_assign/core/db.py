"""The database: engine, tenant transactions, time-outs.

Every transaction belongs to one organization. Row security compares each row with the transaction-local setting
`app.org_id`, which travels in the same message as BEGIN; after COMMIT it is gone, so a pooled connection carries
nothing over.
"""

import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

import psycopg
from psycopg import errors as pg_errors
from psycopg.pq import ConnStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from geo_assign.core.clock import Clock, DatabaseClock
from geo_assign.core.connecting import make_engine
from geo_assign.core.direct import (
    TENANT,
    Answers,
    AnyOpening,
    Asked,
    OpenedRow,
    TransactionFrame,
    ask_at_once,
    begin_asking,
    driver_of,
    fetch_all,
    run_script,
)
from geo_assign.core.distribution import is_distributed, leads_to_distributed, learn_distribution
from geo_assign.core.errors import GeoAssignError
from geo_assign.core.foresight import (
    Foreseen,
    Foretold,
    GuessedClock,
    LastKnown,
    LastRows,
    NotForeseenError,
    Rehearsal,
)
from geo_assign.core.statements import R, Statement
from geo_assign.core.telemetry import gauge, histogram, sample_with

T = TypeVar("T")

_IN_USE = gauge("database_connections_in_use", "Connections to the database that work holds, by pool.", ("pool",))
_MOST = gauge("database_connections_max", "Connections to the database that a pool may have.", ("pool",))
_BEGIN_S = histogram("database_begin_seconds", "Wait for a connection, and one round trip.")
_TRANSACTION_S = histogram("database_transaction_seconds", "Duration of transactions, from their begin to their end.")

_KEPT_ROWS = 10_000
_ONE_MOMENT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the installation chose for all who chose nothing.

    The age in seconds at which a position is too old, and the limits of organizations by the name of the quota.
    """

    freshness_s: float = 300.0
    limits: Mapping[str, int] = field(default_factory=dict)


class Way(Protocol):
    """How a transaction reaches the database."""

    @property
    def conn(self) -> Connection:
        """The connection, with the transaction begun."""

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        """The rows of a statement of the hot path."""


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction of one organization, handed to every query and command. Commands never commit it.

    `opened` holds the rows of the question it was opened with, if any; `opened_at` is when that was asked.
    `committed` is called once it is committed, and not at all when it is rolled back: what is counted has happened.
    """

    org_id: UUID
    way: Way
    clock: Clock
    defaults: Defaults = Defaults()
    opened: Sequence[OpenedRow] = ()
    opened_at: datetime | None = None
    committed: list[Callable[[], None]] = field(default_factory=list)

    @property
    def conn(self) -> Connection:
        """For statements that SQLAlchemy runs."""
        return self.way.conn

    def as_of(self) -> datetime:
        """The instant of a read that takes no lock: when the transaction was opened, where that is known."""
        return self.opened_at or self.now()

    def now(self) -> datetime:
        """The present instant. Ask after taking the lock the decision needs."""
        return self.clock.now(self.conn)

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        """The rows of a statement of the hot path: see `core.statements` and `core.direct`."""
        return self.way.fetch(statement, values)

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
        statement_ms: int | None = None,
        lock_ms: int | None = None,
        clock: Clock | None = None,
        defaults: Defaults | None = None,
        name: str = "application",
        one_moment: bool = False,
    ) -> None:
        """`name` is the pool's in metrics. `one_moment`: transactions only read, each as of its first statement.

        `statement_ms` and `lock_ms`: other limits than those of `core.connecting`.
        """
        self.clock: Clock = clock or DatabaseClock()
        self.defaults = defaults or Defaults()
        self.engine = _engine(url, pool_size=pool_size, pool_wait_s=pool_wait_s)
        limits = {"statement_timeout": statement_ms, "lock_timeout": lock_ms}
        self._limits = {name: str(limit) for name, limit in limits.items() if limit is not None}
        self._beginning = _ONE_MOMENT if one_moment else b"BEGIN"
        self.name, self.pool_size = name, pool_size
        self.last_known: LastRows = LastKnown(_KEPT_ROWS)
        self.guessed_clock = GuessedClock()
        _pools.add(self)

    @contextmanager
    def transaction(
        self,
        org_id: UUID,
        opening: AnyOpening | None = None,
        arguments: Mapping[str, str] | None = None,
        foreseen: Foreseen | None = None,
    ) -> Iterator[Tx]:
        """Begin, commit at the end, roll back on any exception.

        `opening` is asked in the same message as BEGIN. With `foreseen` it is asked together with what will be asked
        in the transaction, which then begins only when something else is asked (`core.foresight`).
        """
        frame = self._frame(org_id)
        asked_at_s = time.perf_counter()
        with ExitStack() as held:
            way: _Begun | Foretold
            if opening is None or foreseen is None:
                conn = held.enter_context(self.engine.connect())
                way, opened = _Begun(conn), _begin(conn, frame, opening, arguments=arguments)
            else:
                opened, answers = self._ask_at_once(frame, opening, arguments or {}, foreseen.asked)
                way = Foretold(partial(self._begin_after_all, held, frame), answers, self.last_known)
            begun_at_s = time.perf_counter()
            _BEGIN_S.observe(begun_at_s - asked_at_s)
            opened_at = opened[0].opened_at if opened and isinstance(self.clock, DatabaseClock) else None
            if opened_at is not None:
                self.guessed_clock.learn(opened_at, begun_at_s)
                opened_at = opened_at if foreseen is None else foreseen.as_of(opened_at)
            tx = Tx(org_id, way, self.clock, self.defaults, opened, opened_at)
            with _rolled_back(way):
                yield tx
                if way.begun is not None:
                    _commit(way.begun)
            _TRANSACTION_S.observe(time.perf_counter() - begun_at_s)
        for act in tx.committed:
            act()

    def _frame(self, org_id: UUID) -> TransactionFrame:
        return TransactionFrame({TENANT: str(UUID(str(org_id))), **self._limits}, self._beginning)

    def _begin_after_all(self, held: ExitStack, frame: TransactionFrame) -> Connection:
        conn = held.enter_context(self.engine.connect())
        _begin(conn, frame)
        return conn

    def foresee(self, org_id: UUID, rehearse: Callable[[Tx], object]) -> Foreseen | None:
        """What `rehearse` would ask in a transaction that began now, as far as that can be known.

        Nothing on a distributed database: only a transaction that has begun takes the organization's setting along.
        """
        at = self.guessed_clock.at(time.perf_counter()) if isinstance(self.clock, DatabaseClock) else None
        if at is None or leads_to_distributed(self.engine):
            return None
        way = Rehearsal(self.last_known)
        with suppress(NotForeseenError, GeoAssignError):
            rehearse(Tx(org_id, way, self.clock, self.defaults, opened_at=at))
        return Foreseen(at, tuple(way.asked)) if way.asked else None

    def _ask_at_once(
        self, frame: TransactionFrame, opening: AnyOpening, arguments: Mapping[str, str], asked: Sequence[Asked]
    ) -> tuple[Sequence[OpenedRow], Answers]:
        """A connection that died in the pool is replaced once."""
        for last in (False, True):
            pooled = self.engine.raw_connection()
            pgconn = driver_of(pooled).pgconn
            try:
                if is_distributed(pooled):  # where only a transaction that has begun takes the setting along
                    opened = begin_asking(pooled, frame, opening, arguments)
                    run_script(pgconn, b"COMMIT")
                    return opened, {}
                return ask_at_once(pooled, frame, opening, arguments, asked)
            except BaseException as error:
                is_lost = pgconn.status == ConnStatus.BAD
                if is_lost or pgconn.pipeline_status != PipelineStatus.OFF:
                    pooled.invalidate()
                else:
                    _roll_back(pgconn)
                if last or not is_lost or not isinstance(error, psycopg.Error):
                    raise
            finally:
                pooled.close()
        raise AssertionError("unreachable")

    @contextmanager
    def across_organizations(self) -> Iterator[Connection]:
        """A transaction bound to no organization: sweeps of the worker role, health, log-in."""
        with self.engine.connect() as conn:
            _begin(conn, TransactionFrame(self._limits, self._beginning))
            with _rolled_back(_Begun(conn)):
                yield conn
                _commit(conn)

    def fetch_due(self, statement: Statement[R]) -> list[R]:
        """The rows of a statement of the hot path across organizations; its one parameter `now` is the present."""
        with self.across_organizations() as conn:
            return fetch_all(conn.connection, statement, {"now": self.clock.now(conn)})

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


# Closed ones go by themselves.
_pools: weakref.WeakSet[Database] = weakref.WeakSet()


def _sample_pools() -> None:
    in_use, most = Counter[str](), Counter[str]()
    for database in list(_pools):
        pool = database.engine.pool
        in_use[database.name] += pool.checkedout() if isinstance(pool, QueuePool) else 0
        most[database.name] += database.pool_size
    for name, number in most.items():
        _MOST.labels(name).set(number)
        _IN_USE.labels(name).set(in_use[name])


sample_with("database pools", _sample_pools)

_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
RETRYABLE = (pg_errors.DeadlockDetected, pg_errors.SerializationFailure)


def backoff(attempt: int) -> None:
    """Wait a moment before trying again: 10 ms, 20 ms, 40 ms and so on."""
    time.sleep(0.005 * 2**attempt)


def _begin(
    conn: Connection,
    frame: TransactionFrame,
    opening: AnyOpening | None = None,
    *,
    arguments: Mapping[str, str] | None = None,
) -> Sequence[OpenedRow]:
    """Begin, with the question if there is one. A connection that died in the pool is replaced once."""
    for last in (False, True):
        pooled = conn.connection
        pgconn = driver_of(pooled).pgconn
        try:
            if opening is not None:
                return begin_asking(pooled, frame, opening, arguments or {})
            run_script(pgconn, frame.script(distributed=is_distributed(pooled)))
        except BaseException as error:
            is_lost = pgconn.status == ConnStatus.BAD
            if is_lost or pgconn.pipeline_status != PipelineStatus.OFF:
                conn.invalidate()
            else:
                _roll_back(pgconn)
            if last or not is_lost or not isinstance(error, psycopg.Error):
                raise
        else:
            return ()
    raise AssertionError("unreachable")


def _roll_back(pgconn: PGconn) -> None:
    """Past the driver's own rollback: see `core.direct`."""
    if pgconn.transaction_status in _OPEN:
        run_script(pgconn, b"ROLLBACK")


class _Begun:
    """A transaction that has begun on its connection."""

    __slots__ = ("conn",)

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    @property
    def begun(self) -> Connection:
        return self.conn

    def fetch(self, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
        return fetch_all(self.conn.connection, statement, values)


@contextmanager
def _rolled_back(way: _Begun | Foretold) -> Iterator[None]:
    """Roll back when something is raised; drop a connection that is lost."""
    try:
        yield
    except BaseException:
        conn = way.begun
        if conn is None or conn.invalidated:
            raise
        pgconn = driver_of(conn.connection).pgconn
        if pgconn.status == ConnStatus.BAD:
            conn.invalidate()
        else:
            _roll_back(pgconn)
        raise


def _commit(conn: Connection) -> None:
    """Raises InFailedSqlTransaction when a statement failed and was passed over: nothing of it can be kept."""
    result = run_script(driver_of(conn.connection).pgconn, b"COMMIT")
    if result.command_status != b"COMMIT":
        raise pg_errors.InFailedSqlTransaction("a statement failed, so nothing was committed")


def _engine(url: str, *, pool_size: int, pool_wait_s: float) -> Engine:
    # AUTOCOMMIT: the driver then sends no BEGIN of its own, ours travels with the tenant's setting in one message.
    engine = make_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        pool_pre_ping=False,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # every transaction is ended by what began it
    )
    event.listen(engine, "savepoint", _refuse_savepoint)
    learn_distribution(engine)
    return engine


def _refuse_savepoint(_conn: Connection, _name: str) -> None:
    """Raise RuntimeError: going back to a savepoint makes the driver deallocate the statements of `core.direct`."""
    raise RuntimeError("No savepoints: claim with ON CONFLICT DO NOTHING, or use a transaction of its own.")
