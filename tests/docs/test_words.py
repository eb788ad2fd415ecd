"""Code, tests and pages speak of technicians, dispatchers and callers; no two classes share a name."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.sources import nodes_of

# A word counts inside a name as well: test_nobody_waits, whose_he_is. `the`, `this` and `here` are other words.
_VAGUE = re.compile(
    r"somebody|nobody|whoever|everybody|anybody|(?<![a-zà-ÿ])(?:he|his|him|himself)(?![a-zà-ÿ])",
    re.IGNORECASE,
)
# Callers and databases rely on these: they stay as they are.
_ALLOWED = (
    "nobody_eligible",  # a pending reason, in answers and in the database
    "NobodyEligible",  # the cause of that reason, named after it
    '"nobody"',  # the outcome of a decision, in answers
    "'nobody'",  # the same, in the database's constraint
    "nobody_left",  # how an offer ladder ends, in answers
    "nobody''s place is kept off duty",  # the error of a trigger that a migration made
    "Nobody eligible",  # the title of a promised case in docs/features.md
)
_PLACES = (
    ("geo_assign", "*.py"),
    ("geo_assign/console/web/src", "*.ts*"),
    ("geo_assign/console/web/tests", "*.ts*"),
    ("scripts", "*"),
    ("docs", "*.md"),
    ("tests", "*.py"),
)


@pytest.mark.parametrize(("folder", "pattern"), _PLACES)
def test_plain_nouns_are_used(folder: str, pattern: str) -> None:
    files = list(list_files(folder, pattern))
    assert files
    assert [hit for path in files for hit in vague_lines(path)] == []


@pytest.mark.parametrize(
    ("line", "is_vague"),
    [
        ("# Whoever has it.", True),
        ("def test_where_nobody_is_left() -> None:", True),
        ("def test_what_he_sees() -> None:", True),
        ("_HIS = 1", True),
        ("in Ihrer Nähe", False),
        ("# The history of this machine, when there is one: ahead, chip, behind.", False),
        ('reason = "nobody_eligible"', False),
        ('reason = "nobody_eligible"  # nobody can go', True),
    ],
)
def test_a_vague_word_is_seen_alone_and_in_names(line: str, *, is_vague: bool) -> None:
    assert is_vague_in(line) is is_vague


def test_no_class_name_exists_twice() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in list_files("geo_assign", "*.py"):
        for node in nodes_of(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def list_files(folder: str, pattern: str) -> Iterator[Path]:
    """The files below a folder, without what is made from others, and without this one, which names the words."""
    for path in sorted((ROOT / folder).rglob(pattern)):
        if path.is_file() and path != Path(__file__) and not {"__pycache__", "node_modules"} & set(path.parts):
            yield path


def vague_lines(path: Path) -> list[str]:
    """The lines with a vague word, as `path:number: line`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for number, line in enumerate(lines, start=1)
        if is_vague_in(line)
    ]


def is_vague_in(line: str) -> bool:
    for allowed in _ALLOWED:
        line = line.replace(allowed, "").replace(allowed.upper(), "")
    return _VAGUE.search(line) is not None
