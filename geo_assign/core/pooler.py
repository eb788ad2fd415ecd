"""Whether the service can work through the pooler between it and PostgreSQL, found out by trying.

A pooler that lends a server connection for one transaction at a time has to know the statements that its clients have
prepared, as PgBouncer does since 1.21. One that does not lets a statement meet a connection that never heard of it.
"""

import select
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import psycopg
from psycopg import capabilities
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from geo_assign.core.connecting import make_engine
from geo_assign.core.direct import driver_of

HINT = (
    "PgBouncer 1.21 or newer with max_prepared_statements = 500, or pool_mode = session; the time-outs come from "
    "geo-assign db upgrade, with the owner's URL straight to the server: see docs/operations.md"
)
_ASKED, _NAME = b"SELECT pg_backend_pid()", b"geo_assign_trial"
# The connection that was given back last is the first to be lent, so the first other client mostly gets it.
_OTHERS = 3
_PATIENCE_S = 2.0
_FORGETS = (
    "the pooler lends a server connection for a transaction only and does not know what its clients prepared: "
    "statements fail now and then"
)
_OLD_LIBPQ = "the driver's libpq is older than 17 and ends prepared statements in a way that no pooler follows"


def list_pooler_objections(url: str, *, lacking: Sequence[str] = ()) -> list[str]:
    """What stands against the service behind this pooler; `lacking` are settings that do not arrive through it."""
    objections = [f"{', '.join(lacking)}: not as the service needs it"] if lacking else []
    engine = make_engine(url, poolclass=NullPool)
    try:
        return [*objections, *_try_statements(engine)]
    except (SQLAlchemyError, psycopg.Error) as error:
        return [*objections, f"it could not be tried: {str(error).splitlines()[0]}"]
    finally:
        engine.dispose()


def _try_statements(engine: Engine) -> Iterator[str]:
    """Prepare on a server connection, let another client take that one, and go on with another one."""
    with ExitStack() as held:
        first = _client(engine, held)
        first.send_prepare(_NAME, _ASKED)
        _require_done(first)
        lent = _backend(first, _ASKED)
        for _ in range(_OTHERS):
            if _backend(_client(engine, held), b"BEGIN; " + _ASKED) == lent:
                first.send_query_prepared(_NAME, None)
                if _last_result(first).status != ExecStatus.TUPLES_OK:
                    yield _FORGETS
                elif not capabilities.has_send_close_prepared():
                    yield _OLD_LIBPQ
                return


def _client(engine: Engine, held: ExitStack) -> PGconn:
    connection = engine.raw_connection()
    held.callback(connection.close)
    return driver_of(connection).pgconn


def _backend(pgconn: PGconn, script: bytes) -> bytes | None:
    pgconn.send_query(script)
    return _require_done(pgconn).get_value(0, 0)


def _require_done(pgconn: PGconn) -> PGresult:
    result = _last_result(pgconn)
    if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        raise psycopg.OperationalError(result.error_message.decode("utf-8", "replace") or "no answer")
    return result


def _last_result(pgconn: PGconn) -> PGresult:
    """The result of the last statement sent. Raises psycopg.OperationalError: a pool may have no connection left."""
    until, socket, last = time.monotonic() + _PATIENCE_S, select.poll(), None
    socket.register(pgconn.socket, select.POLLIN)
    pgconn.flush()
    while True:
        while pgconn.is_busy():
            if not socket.poll(max(0.0, until - time.monotonic()) * 1_000):
                raise psycopg.OperationalError("the pooler had no connection free")
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            break
        last = result
    if last is None:
        raise psycopg.OperationalError("the pooler closed the connection")
    return last
