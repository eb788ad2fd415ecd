"""SQL is said in SQLAlchemy's expressions: only definitions, and the frame of a transaction, are text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import geo_assign

PACKAGE = Path(geo_assign.__file__).parent
# Definitions of tables with their triggers and functions, roles and extensions, and the frame of a transaction.
DEFINITIONS = {"core/db.py", "core/direct.py", "core/outbox.py", "core/tables.py", "migrate.py"}
_STATEMENT = re.compile(r"\s*(SELECT\s|WITH\s+\w+\s+AS\b|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s)")
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "node_modules" not in path.parts]


def defines(path: Path) -> bool:
    return path.name == "tables.py" or str(path.relative_to(PACKAGE)) in DEFINITIONS


def imported(tree: ast.AST, module: str) -> set[str]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module)
    return {alias.name for node in found for alias in node.names}


def statements(tree: ast.AST) -> Iterator[str]:
    """Texts that begin as a statement does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_statements_are_expressions(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not defines(path):
        assert "text" not in imported(tree, "sqlalchemy")
        assert [*statements(tree)] == []


def test_only_many_questions_at_once_name_columns_in_text() -> None:
    """A text that stands for a column is outside SQLAlchemy's knowledge of tables."""
    users = {
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        if "literal_column" in imported(ast.parse(path.read_text(encoding="utf-8")), "sqlalchemy")
    }
    assert users == {"core/expressions.py", "core/statements.py"}
