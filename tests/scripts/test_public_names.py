"""Only public names of other packages are used: one that begins with an underscore may be gone in the next release."""

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import geo_assign
from tests.scripts.shell import REPOSITORY

OURS = ("geo_assign", "scripts", "migrations", "tests")
FILES = sorted(
    path
    for path in chain.from_iterable((REPOSITORY / folder).rglob("*.py") for folder in OURS)
    if not {"node_modules", "__pycache__"} & set(path.parts)
)
# Documented as public, whatever they begin with.
DOCUMENTED = {
    "_make": "a named tuple's",
    "_asdict": "a named tuple's",
    "_replace": "a named tuple's",
    "_fields": "a named tuple's",
    "_exit": "os._exit",
}
BY_NAME = {"getattr", "setattr", "hasattr", "delattr", "attrgetter"}


def is_private(name: str) -> bool:
    """One leading underscore and more than that; `__x__` is the language's, `_x_` is the enum module's."""
    return name.startswith("_") and not name.endswith("_") and name not in DOCUMENTED


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def defined_here() -> frozenset[str]:
    """Every private name that the repository's own code defines: functions, classes, variables, members, modules."""
    names = {path.stem for path in FILES}
    for node in chain.from_iterable(ast.walk(tree(path)) for path in FILES):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own(node.value):
            names.add(node.attr)
    return frozenset(filter(is_private, names))


def is_own(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in {"self", "cls"}


def private_uses(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each private name of another package."""
    for node in ast.walk(module):
        for name in private_names(node):
            yield node.lineno, name  # type: ignore[attr-defined]


def private_names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=aliases):
            return [alias.name for alias in aliases if is_foreign(alias.name) and has_private_part(alias.name)]
        case ast.ImportFrom(module=str(module), names=aliases, level=0) if is_foreign(module):
            imported = [f"{module}.{alias.name}" for alias in aliases]
            return [name for name in imported if has_private_part(name)]
        case ast.Attribute(value=value, attr=name) if not is_own(value):
            return [name] if is_private(name) and name not in defined_here() else []
        case ast.Call(func=function, args=[_, ast.Constant(value=str(name)), *_]) if called(function) in BY_NAME:
            return [name] if is_private(name) and name not in defined_here() else []
    return []


def called(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def is_foreign(module: str) -> bool:
    return module.partition(".")[0] not in {*OURS, "__future__"}


def has_private_part(name: str) -> bool:
    return any(map(is_private, name.split(".")))


def test_every_file_uses_public_names_of_other_packages_only() -> None:
    used = {str(path.relative_to(REPOSITORY)): list(private_uses(tree(path))) for path in FILES}
    assert {path: names for path, names in used.items() if names} == {}


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(geo_assign.__path__, "geo_assign.")
    return [importlib.import_module(module.name) for module in found if not module.name.endswith("__main__")]


def test_no_class_overrides_a_private_member_of_another_package() -> None:
    overridden = []
    for module in modules():
        for _, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ != module.__name__:
                continue
            foreign = [base for base in found.__mro__[1:] if base.__module__.partition(".")[0] in sys.modules]
            taken = set().union(*(members(base) for base in foreign if is_foreign(base.__module__)))
            written = {name for name in written_in(found) if is_private(name)}
            overridden += [f"{found.__qualname__}.{name}" for name in sorted(written & taken)]
    assert overridden == []


@cache
def members(found: type) -> set[str]:
    """What a class has, and where it is written in Python also what it gives to its objects."""
    try:
        return {*vars(found), *written_in(found)}
    except (TypeError, OSError):
        return {*vars(found)}


def written_in(found: type) -> set[str]:
    """What the class statement itself says, without what decorators and metaclasses added.

    Raises TypeError or OSError for a class that is not written in Python.
    """
    path = Path(inspect.getsourcefile(found) or "")
    statements = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef) and node.name == found.__name__
    ]
    names = set()
    for node in chain.from_iterable(ast.walk(statement) for statement in statements):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and is_own(node.value):
            names.add(node.attr)
    return names


@pytest.mark.parametrize(
    "source",
    [
        "from psycopg._preparing import PrepareManager",
        "import granian._granian",
        "from granian import _granian",
        "server._init_shared_socket_of_granian()",
        "getattr(connection, '_prepared_by_the_driver')",
        "connection._prepared_by_the_driver = None",
    ],
)
def test_each_way_to_a_private_name_is_found(source: str) -> None:
    assert len(list(private_uses(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source", ["self._pool", "row._replace(n=1)", "enum._value_", "object.__new__", "from geo_assign import _x"]
)
def test_names_that_may_be_used_are_not(source: str) -> None:
    assert list(private_uses(ast.parse(source))) == []
