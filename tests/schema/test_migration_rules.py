"""What a migration may do, so that the schema can be spread over several servers: one change in each ALTER TABLE.

Citus refuses a constraint that is added together with anything else. What had been landed before is as it was.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_assign.core.settings import get_migrations_path

FROM_NOW_ON = "0040"
_ALTER = re.compile(r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?[\w.\"{}]+\s+(?P<changes>[^;]*)", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
MIGRATIONS = sorted(path for path in (get_migrations_path() / "versions").glob("*.py") if path.name >= FROM_NOW_ON)


def together(statements: str) -> list[str]:
    """The ALTER TABLEs with more than one change."""
    found = (one["changes"].strip() for one in _ALTER.finditer(_LITERAL.sub("''", statements)))
    return [changes for changes in found if _has_comma_outside_brackets(changes)]


def _has_comma_outside_brackets(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            return True
    return False


def texts_of(path: Path) -> Iterator[str]:
    """Every text that stands in a file, with what is filled in left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def test_each_alter_table_of_a_new_migration_changes_one_thing() -> None:
    found = {path.name: [one for text in texts_of(path) for one in together(text)] for path in MIGRATIONS}
    assert {name: changes for name, changes in found.items() if changes} == {}


@pytest.mark.parametrize(
    ("statements", "seen"),
    [
        ("ALTER TABLE a ADD COLUMN b NUMERIC(10, 2) DEFAULT 0", 0),
        ("ALTER TABLE a ADD COLUMN b INT, ADD COLUMN c INT", 1),
        ("ALTER TABLE a ADD b INT, ADD CONSTRAINT c CHECK (b IN (1, 2))", 1),
        ("ALTER TABLE ONLY public.a ADD CONSTRAINT c UNIQUE (x, y); ALTER TABLE a\n  ENABLE ROW LEVEL SECURITY;", 0),
        ("ALTER TABLE a ALTER COLUMN b SET DEFAULT 'x, y; z'", 0),
        ("alter table if exists a\n  drop column b,\n  drop column c; SELECT 1, 2", 1),
        ("CREATE TABLE a (b INT, c INT); GRANT SELECT, INSERT ON a TO b", 0),
    ],
)
def test_changes_that_are_made_together_are_seen(statements: str, seen: int) -> None:
    assert len(together(statements)) == seen
