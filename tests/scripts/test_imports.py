"""`domain.py` is plain Python: what a decision needs, nothing that talks to a database, a client or a framework."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.scripts.shell import REPOSITORY

PACKAGE = REPOSITORY / "geo_assign"
DOMAINS = sorted([*PACKAGE.glob("*/domain.py"), *PACKAGE.glob("*/domain/*.py")])


def imported(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, inside functions and type-checking blocks, too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            names.update({name for name in members if source_of(name)} or {node.module})
    return names


def source_of(module: str) -> Path | None:
    """The file of one of our modules; None for any other module."""
    base = REPOSITORY.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache
def foreign(path: Path) -> frozenset[str]:
    """What a file imports, itself or through our other modules, that is not the standard library's."""
    found: set[str] = set()
    for name in imported(path):
        source = source_of(name) if name.startswith("geo_assign") else None
        if source is not None:
            found |= {f"{name} → {other}" if "→" not in other else other for other in foreign(source)}
        elif name.partition(".")[0] not in sys.stdlib_module_names:
            found.add(name)
    return frozenset(found)


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_domain_needs_the_standard_library_only(path: Path) -> None:
    assert not foreign(path)


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_domain_builds_on_other_domains_and_plain_values_of_core(path: Path) -> None:
    ours = {name for name in imported(path) if name.startswith("geo_assign")}
    assert {name for name in ours if ".domain" not in name and not name.startswith("geo_assign.core.")} == set()


def test_there_are_domains_to_judge() -> None:
    assert DOMAINS
