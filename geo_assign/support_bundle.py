"""`geo-assign doctor --bundle`: what helps to find out elsewhere what is wrong, without personal data and secrets.

Only what is named here goes in: versions, counts, states, sizes, and of log lines the members that are known to hold
nothing else. Of settings that are texts it says only whether they are set. Nothing is cut out of free text: no free
text is taken.
"""

import json
import os
import platform
import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Literal, get_origin

from pydantic import SecretStr
from sqlalchemy import CheckConstraint, Connection, Table, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from geo_assign import __version__
from geo_assign.core.connecting import make_engine
from geo_assign.core.rows import AnySelect
from geo_assign.core.settings import Settings
from geo_assign.core.vetting import read_facts
from geo_assign.core.wire import Json
from geo_assign.migrate import current_revision
from geo_assign.schema import metadata

LOGS = (Path(".local/log/api.log"), Path(".local/log/worker.log"))
_LINES = 2_000
# The members of a log line whose values are names of ours, numbers or times.
_LOG_MEMBERS = frozenset(
    {
        "at", "code", "count", "duration_ms", "event", "level", "logger", "method", "number", "outcome", "route",
        "sqlstate", "status", "status_code", "trouble",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z_]*(\.[A-Za-z_]+)*|[0-9A-Z]{5}|/[a-z0-9_{}/-]*|\d{4}-\d\d-\d\dT[\d:.]+Z")
_FRAME = re.compile(r"[\w./-]+\.py:\d+ [\w<>.]+")
_STATE_COLUMNS = ("state", "kind", "pending_reason")
_STATISTICS = ("n_live_tup", "n_dead_tup", "seq_scan", "idx_scan", "last_autovacuum", "last_autoanalyze")


def write_bundle(path: Path, settings: Settings, verdicts: Mapping[str, str], *, logs: Iterable[Path] = LOGS) -> None:
    """Write a zip file; `verdicts` are the doctor's, by the names of its checks. Raises OSError.

    Their details stay out: they may quote a server's message.
    """
    parts: dict[str, Json] = {
        "about.json": _about(),
        "checks.json": dict(verdicts),
        "settings.json": dict(_shown_settings(settings)),
        "database.json": _database(settings),
    }
    for log in logs:
        if log.is_file():
            parts[f"log-{len(parts)}.json"] = list(_log_lines(log))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in parts.items():
            bundle.writestr(name, json.dumps(content, indent=1, default=str))


def _about() -> Json:
    installed = {one.metadata["Name"]: one.version for one in distributions()}
    return {
        "geo_assign": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "packages": dict(sorted(installed.items())),
    }


def _shown_settings(settings: Settings) -> Iterator[tuple[str, Json]]:
    """Numbers, switches and choices with their values; texts only as set, empty or the default."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, bool | int | float) or get_origin(field.annotation) is Literal:
            yield name, value
            continue
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
        yield name, "default" if value == field.default else "set" if text else "empty"


def _database(settings: Settings) -> Json:
    """What the roles of the service may count; each part names the kind of error where it could not be asked."""
    views: dict[str, SecretStr | None] = {
        "application": settings.database_url,
        "worker": settings.worker_database_url,
        "owner": settings.admin_database_url,
    }
    return {name: _seen_by(url) for name, url in views.items() if url is not None}


def _seen_by(url: SecretStr) -> Json:
    try:
        engine = make_engine(url.get_secret_value())
        try:
            with engine.connect() as conn:
                return dict(_facts(conn))
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        return {"error": type(error).__name__}


def _facts(conn: Connection) -> Iterator[tuple[str, Json]]:
    facts = read_facts(conn)
    yield "server_version", facts.server_version
    yield "postgis_version", facts.postgis_version
    yield "extensions", sorted(facts.extensions)
    yield "superuser", facts.superuser
    yield "revision", _attempt(conn, lambda: current_revision(conn))
    yield "settings", _attempt(conn, lambda: _server_settings(conn))
    yield "connections", _attempt(conn, lambda: _rows(conn, _connections()))
    yield "statistics", _attempt(conn, lambda: _rows(conn, _statistics()))
    for one in metadata.sorted_tables:
        for name in _STATE_COLUMNS:
            if _is_one_of_a_list(one, name):
                yield f"{one.name} by {name}", _attempt(conn, partial(_rows, conn, _by(one, name)))


def _attempt(conn: Connection, ask: Callable[[], Json]) -> Json:
    """What a role may not read is left out of the bundle, and so is the server's sentence about it."""
    try:
        with conn.begin_nested():
            return ask()
    except SQLAlchemyError as error:
        return {"error": type(error).__name__}


def _is_one_of_a_list(one: Table, name: str) -> bool:
    """Whether a CHECK lists what the column may say: then it says nothing that a person wrote."""
    checks = (str(each.sqltext) for each in one.constraints if isinstance(each, CheckConstraint))
    return name in one.c and any(check.startswith(f"{name} IN (") for check in checks)


def _by(one: Table, name: str) -> AnySelect:
    """How many rows of each state, of all organizations that the role sees."""
    return select(one.c[name], func.count().label("rows")).group_by(one.c[name]).order_by(one.c[name])


def _server_settings(conn: Connection) -> Json:
    names = ("max_connections", "shared_buffers", "work_mem", "jit", "autovacuum", "wal_level", "server_encoding")
    return {name: str(conn.execute(select(func.current_setting(name))).scalar_one()) for name in names}


def _connections() -> AnySelect:
    """How many do what, without their statements."""
    activity = table("pg_stat_activity", *(column(name) for name in ("state", "wait_event_type", "datname")))
    parts = (activity.c.state, activity.c.wait_event_type)
    here = activity.c.datname == func.current_database()
    return select(*parts, func.count().label("connections")).where(here).group_by(*parts)


def _statistics() -> AnySelect:
    """Size and upkeep of each table and partition."""
    seen = table("pg_stat_user_tables", *(column(name) for name in ("relid", "relname", *_STATISTICS)))
    size = func.pg_total_relation_size(seen.c.relid).label("bytes")
    return select(seen.c.relname, size, *(seen.c[name] for name in _STATISTICS)).order_by(seen.c.relname)


def _rows(conn: Connection, statement: AnySelect) -> Json:
    return [{name: _shown(value) for name, value in row.items()} for row in conn.execute(statement).mappings()]


def _shown(value: object) -> Json:
    return value if isinstance(value, int | float | str) or value is None else str(value)


def _log_lines(path: Path) -> Iterator[Json]:
    """The last lines, each with the members that are known to be harmless."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in deque(file, maxlen=_LINES):
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield dict(_harmless(event))


def _harmless(event: Mapping[str, object]) -> Iterator[tuple[str, Json]]:
    for name in sorted(_LOG_MEMBERS & event.keys()):
        value = event[name]
        if isinstance(value, bool | int | float) or (isinstance(value, str) and _NAME.fullmatch(value)):
            yield name, value
    causes = event.get("exception")
    for number, cause in enumerate(causes if isinstance(causes, list) else [], start=1):
        if isinstance(cause, dict):
            yield f"exception_{number}", _places(cause)


def _places(cause: Mapping[str, object]) -> Json:
    kind, frames = str(cause.get("type", "")), cause.get("frames")
    listed = frames if isinstance(frames, list) else []
    return {
        "type": kind if _NAME.fullmatch(kind) else "",
        "frames": [frame for frame in map(str, listed) if _FRAME.fullmatch(frame)],
    }
