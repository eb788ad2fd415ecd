"""Only public names of other packages are used: one that begins with an underscore may be gone in the next release."""

import ast
import importlib
import inspect
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import geo_assign
from tests.scripts.shell import REPOSITORY
from tests.sources import nodes_of

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


@dataclass(frozen=True)
class Names:
    """The private names of a file: those that it defines, and each line's use of one.

    `imported`: a use that is another package's for sure. `used`: one that is not where the repository defines the name.
    """

    defined: frozenset[str]
    imported: tuple[tuple[int, str], ...]
    used: tuple[tuple[int, str], ...]


def names_of(module: ast.Module) -> Names:
    defined, imported, used = set(), [], []
    for node in nodes_of(module):
        match node:
            case ast.Name(id=name, ctx=context):
                if isinstance(context, ast.Store):
                    defined.add(name)
            case ast.Attribute(value=value, attr=name, ctx=context) if is_private(name):
                if not is_own(value):
                    used.append((node.lineno, name))
                elif isinstance(context, ast.Store):
                    defined.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                defined.add(name)
            case ast.Call(func=function, args=[_, ast.Constant(value=str(name)), *_]) if called(function) in BY_NAME:
                used.append((node.lineno, name))
            case ast.Import() | ast.ImportFrom(level=0):
                imported += [(node.lineno, name) for name in imported_names(node)]
    return Names(
        frozenset(filter(is_private, defined)), tuple(imported), tuple(use for use in used if is_private(use[1]))
    )


def imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The names of other packages with a private part that a statement imports."""
    within = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    imported = [f"{within}{alias.name}" for alias in node.names]
    return [name for name in imported if is_foreign(name) and has_private_part(name)]


@cache
def read(path: Path) -> Names:
    """Its tree is not kept: a thousand of them are."""
    return names_of(ast.parse(path.read_text()))


@cache
def defined_here() -> frozenset[str]:
    """Every private name that the repository's own code defines: functions, classes, variables, members, modules."""
    modules = filter(is_private, (path.stem for path in FILES))
    return frozenset(chain(modules, *(read(path).defined for path in FILES)))


def is_own(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in {"self", "cls"}


def private_uses(names: Names) -> list[tuple[int, str]]:
    """Line and name of each private name of another package."""
    return [*names.imported, *(use for use in names.used if use[1] not in defined_here())]


def called(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def is_foreign(module: str) -> bool:
    return module.partition(".")[0] not in {*OURS, "__future__"}


def has_private_part(name: str) -> bool:
    return any(map(is_private, name.split(".")))


def test_every_file_uses_public_names_of_other_packages_only() -> None:
    used = {str(path.relative_to(REPOSITORY)): private_uses(read(path)) for path in FILES}
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
            if not any(map(is_private, taken)):
                continue
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
    return written_in_file(Path(inspect.getsourcefile(found) or "")).get(found.__name__, set())


@cache
def written_in_file(path: Path) -> Mapping[str, set[str]]:
    """The same of each class in a file, by name."""
    written: dict[str, set[str]] = defaultdict(set)
    for statement in nodes_of(ast.parse(path.read_text())):
        if isinstance(statement, ast.ClassDef):
            written[statement.name] |= set(names_in(statement))
    return dict(written)


def names_in(statement: ast.ClassDef) -> Iterator[str]:
    for node in nodes_of(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and is_own(node.value):
            yield node.attr


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
    assert len(private_uses(names_of(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source", ["self._pool", "row._replace(n=1)", "enum._value_", "object.__new__", "from geo_assign import _x"]
)
def test_names_that_may_be_used_are_not(source: str) -> None:
    assert private_uses(names_of(ast.parse(source))) == []
