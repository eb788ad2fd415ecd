"""SQL is said in SQLAlchemy's expressions: only definitions, and the frame of a transaction, are text."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import geo_assign
from tests.sources import nodes_of

PACKAGE = Path(geo_assign.__file__).parent
# Definitions of tables with their triggers and functions, roles and extensions, and the frame of a transaction. What
# distributes a database defines it anew, and sends text to the servers.
DEFINITIONS = {
    "core/db.py",
    "core/direct.py",
    "core/distribution.py",
    "core/outbox.py",
    "core/tables.py",
    "migrate.py",
} | {f"distribution/{name}.py" for name in ("checking", "functions", "preparing", "servers", "spreading")}
_STATEMENT = re.compile(r"\s*(SELECT\s|WITH\s+\w+\s+AS\b|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s)")
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "node_modules" not in path.parts]


def defines(path: Path) -> bool:
    return path.name == "tables.py" or str(path.relative_to(PACKAGE)) in DEFINITIONS


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def imported(source: str, module: str) -> set[str]:
    """The names that a file imports from a module."""
    if module not in source:
        return set()
    found = (node for node in nodes_of(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module == module)
    return {alias.name for node in found for alias in node.names}


def statements(source: str) -> Iterator[str]:
    """Texts that begin as a statement does."""
    if not _STATEMENT.search(source):
        return
    for node in nodes_of(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
            yield node.value


def test_statements_are_expressions() -> None:
    sources = {str(path.relative_to(PACKAGE)): read(path) for path in SOURCES if not defines(path)}
    assert [path for path, source in sources.items() if "text" in imported(source, "sqlalchemy")] == []
    assert [(path, statement) for path, source in sources.items() for statement in statements(source)] == []


def test_only_many_questions_at_once_name_columns_in_text() -> None:
    """A text that stands for a column is outside SQLAlchemy's knowledge of tables."""
    users = {
        str(path.relative_to(PACKAGE)) for path in SOURCES if "literal_column" in imported(read(path), "sqlalchemy")
    }
    assert users == {"core/expressions.py", "core/statements.py"}
