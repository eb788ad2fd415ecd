"""The servers that hold the rows of a distributed database, as the coordinator reaches them.

Each is asked by the coordinator, in the name of the role that asks here, as it is when a statement needs its rows.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Boolean, Connection, Integer, Text, column, func, select

from geo_assign.core.connecting import SESSION_SETTINGS

# How statements run there: which clock face they read, and how long they wait. Citus passes none of it on. Time-outs of
# statements and of transactions are the coordinator's, which ends what it began there.
SETTINGS: Mapping[str, str] = {name: SESSION_SETTINGS[name] for name in ("TimeZone", "lock_timeout", "jit")}

_PAIRS = ", ".join(f"'{name}', current_setting('{name}')" for name in SETTINGS)
_ONE_ROW = f"SELECT json_build_object({_PAIRS}, 'organizations', (SELECT count(*) FROM organizations))"


@dataclass(frozen=True, slots=True)
class Answered:
    """What one server said to a command; `text` is its answer, or why there is none."""

    server: str
    is_well: bool
    text: str


def ask_servers(conn: Connection, command: str) -> list[Answered]:
    """Run a command that gives one value on every server that holds rows."""
    columns = (
        column("nodename", Text),
        column("nodeport", Integer),
        column("success", Boolean),
        column("result", Text),
    )
    asked = func.run_command_on_workers(command).table_valued(*columns)
    rows = conn.execute(select(asked).order_by(asked.c.nodename, asked.c.nodeport))
    return [Answered(f"{row.nodename}:{row.nodeport}", row.success, row.result or "") for row in rows]


def server_objections(conn: Connection) -> Iterator[str]:
    """What stands against the servers, found by asking each of them for a row and for its settings."""
    answers = ask_servers(conn, _ONE_ROW)
    if not answers:
        yield "no server holds rows"
    for one in answers:
        if not one.is_well:
            yield f"{one.server} cannot be asked: {one.text}"
            continue
        told = json.loads(one.text)
        wrong = [f"{name} is {told[name]}, not {value}" for name, value in SETTINGS.items() if told[name] != value]
        if wrong:
            yield f"{one.server}: {', '.join(wrong)}"


def unreachable_servers(conn: Connection) -> Iterator[str]:
    """The servers that give no row."""
    for one in ask_servers(conn, _ONE_ROW):
        if not one.is_well:
            yield f"{one.server} cannot be asked: {one.text}"
