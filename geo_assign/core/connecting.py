"""How connections to PostgreSQL are made, directly and through a pooler.

Each connection wants the same settings, `SESSION_SETTINGS`. Directly they travel with the log-in. A pooler such as
PgBouncer lends connections that were there before and refuses to pass settings on, so there the log-in goes without
them, and the roles have them instead: `geo-assign db upgrade` sets them for the roles of the application and the worker
(`geo_assign.database_roles`). What a transaction wants beyond that travels with its BEGIN (`core.db`).
"""

from collections.abc import Mapping
from typing import Any

import orjson
import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

SESSION_SETTINGS: Mapping[str, str] = {
    "TimeZone": "UTC",
    "statement_timeout": "15s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
}
"""What every connection of the application and the worker has in force, as PostgreSQL shows it."""

_OPTIONS = " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items())
_LOG_IN_WITHIN_S = 5
_REFUSAL = "unsupported startup parameter"


def make_engine(url: str, **pool: Any) -> Engine:
    """An engine whose connections have the settings. `pool` is what SQLAlchemy's `create_engine` takes besides.

    Raises ArgumentError for a URL that cannot be read.
    """
    log_in = {"options": _OPTIONS, "application_name": "geo-assign", "connect_timeout": _LOG_IN_WITHIN_S}
    target = make_url(url).set(drivername="postgresql+psycopg")
    # Each search reads the rules of its store, which are JSON: the standard library takes several times as long.
    encoding = {"json_serializer": _as_json, "json_deserializer": orjson.loads}
    engine = create_engine(target, hide_parameters=True, connect_args=log_in, **encoding, **pool)
    _log_in_without_refused_options(engine)
    return engine


def _as_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _log_in_without_refused_options(engine: Engine) -> None:
    """Let `engine` log in again without its `options` where a pooler refuses them."""
    refused = False

    def connect(
        dialect: Dialect, _record: ConnectionPoolEntry, arguments: tuple[object, ...], named: dict[str, object]
    ) -> psycopg.Connection[TupleRow]:
        nonlocal refused
        without = {name: value for name, value in named.items() if name != "options"}
        tried = without if refused else named
        try:
            return dialect.connect(*arguments, **tried)  # type: ignore[return-value]
        except psycopg.OperationalError as error:
            if tried is without or _REFUSAL not in str(error):
                raise
            refused = True
            return dialect.connect(*arguments, **without)  # type: ignore[return-value]

    event.listen(engine, "do_connect", connect)
