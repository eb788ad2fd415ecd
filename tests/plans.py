"""How PostgreSQL plans a statement, and questions to a plan."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import RawCursor

from geo_assign.core.db import Tx
from geo_assign.core.statements import Statement

# Before the rows that fill a database for plans: they fit together and name all that is read, so that looking a key up
# for each of them and writing its words for a search would only take long.
ROWS_AS_THEY_STAND = "SET LOCAL session_replication_role = replica"


def explain(tx: Tx, statement: Statement[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The plan that was really run, with a prepared statement's parameters."""
    with RawCursor(tx.raw) as cursor:
        given = [values[name] for name in statement.parameters]
        row = cursor.execute(b"EXPLAIN (ANALYZE, FORMAT JSON) " + statement.text, given).fetchone()
    assert row is not None
    document = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return document[0]["Plan"]  # type: ignore[no-any-return]


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The plan's own node, and all below it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def was_run(node: Mapping[str, Any]) -> bool:
    """Whether the node was needed at all."""
    return bool(node["Actual Loops"])


def index_names(plan: Mapping[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def rows_read(plan: Mapping[str, Any], table: str) -> float:
    """Rows that scans of `table` gave or threw away, over all loops."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan)
        if node.get("Relation Name") == table
    )


def sorted_nodes(plan: Mapping[str, Any], *, over: int) -> list[Mapping[str, Any]]:
    return [node for node in nodes(plan) if node["Node Type"] == "Sort" and node["Actual Rows"] > over]
