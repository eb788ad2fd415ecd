"""Statements of the hot path: said in SQLAlchemy's words, compiled once, run by `core.direct`.

SQLAlchemy renders a statement anew, or looks it up by its structure, at every call; for a statement of each request
that costs more than the statement. A `Statement` is rendered when it is made, and checked then: every parameter is a
declared one, and the columns are those of its row type.

    asked = Parameters(org_id=Uuid(), name=Text())

    class StoreRow(NamedTuple):
        id: UUID

    find_store = Statement.of(StoreRow, select(stores.c.id).where(stores.c.org_id == asked.org_id, ...))
    find_store.text  # SELECT stores.id FROM stores WHERE stores.org_id = ($1::UUID) AND ...
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, cast

from sqlalchemy import BindParameter, bindparam, literal_column
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql.base import Executable

from geo_assign.core.rows import AnyColumn, AnyType

R = TypeVar("R", bound=tuple[object, ...])


class NoRow(NamedTuple):
    """Of a statement that gives no rows."""


class Parameters:
    """Declared parameters: each name with its SQL type. `parameters.name` is the expression of one.

    An unknown name raises AttributeError, so a misspelt parameter fails when the statement is made.
    """

    def __init__(self, **types: AnyType) -> None:
        self._types = types

    def __getattr__(self, name: str) -> AnyColumn:
        return bindparam(name, type_=self[name])

    def __getitem__(self, name: str) -> AnyType:
        if name.startswith("_") or name not in self._types:
            raise AttributeError(f"no parameter {name!r} is declared")
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __or__(self, other: "Parameters") -> "Parameters":
        return Parameters(**{name: self[name] for name in self}, **{name: other[name] for name in other})


class RowParameters(Parameters):
    """Parameters that are columns of the rows of a set named `alias`, but for those that all rows share.

    A statement made with them answers many questions at once: each row of the set is one.
    """

    def __init__(self, alias: str, declared: Parameters, *, shared: frozenset[str]) -> None:
        super().__init__(**{name: declared[name] for name in declared})
        self._alias, self._shared = alias, shared

    def __getattr__(self, name: str) -> AnyColumn:
        if name in self._shared:
            return super().__getattr__(name)
        # Not a column of a table object: SQLAlchemy would add the set to the FROM of every subquery that names it.
        return literal_column(f"{self._alias}.{name}", self[name])

    def columns(self) -> Mapping[str, AnyType]:
        """The columns of the set, with their types."""
        return {name: self[name] for name in self if name not in self._shared}


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Generic[R]):
    """A statement with its parameters, in the order of `$1`, `$2` and so on, and what makes a row of its columns.

    `steady`: its rows seldom change, so that with the last ones it can be foreseen what is asked next.
    """

    text: bytes
    parameters: tuple[str, ...]
    row_from: Callable[[Sequence[object]], R]
    steady: bool = False

    @classmethod
    def of(cls, row: type[R], said: Executable, *, steady: bool = False) -> "Statement[R]":
        """Render a statement whose rows are of a NamedTuple.

        Raises ValueError for columns that are not the members of `row`, and for two types of one parameter.
        """
        columns, named = _columns_of(said), cast(Any, row)
        if columns != named._fields:
            raise ValueError(f"the statement gives {columns}, {row.__name__} holds {named._fields}")
        compiled = _Compiler(_DIALECT, said)
        return cls(str(compiled).encode(), tuple(compiled.asked), named._make, steady)

    @classmethod
    def of_columns(cls, said: Executable) -> "Statement[Any]":
        """Render a statement whose rows have its columns as members: of a table's many, or put together elsewhere.

        They are what SQLAlchemy's rows are (`ResultRow`), and what reads one of these reads the other.
        """
        named: Any = namedtuple("Columns", _columns_of(said))  # type: ignore[misc]  # noqa: PYI024 - not known before
        return Statement.of(named, said)


def _columns_of(said: Executable) -> tuple[str, ...]:
    return tuple(said.exported_columns.keys())  # type: ignore[attr-defined]  # of all that give rows


class _Compiler(PGCompiler):
    """Parameters become `$n::type`; values that a statement was made with are constants and stand in its text.

    Constants let the planner choose partial indexes, and know how many rows a LIMIT lets through.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.asked: dict[str, str] = {}
        super().__init__(*args, **options)

    def visit_bindparam(self, bindparam: BindParameter[object], *args: object, **options: object) -> str:  # noqa: ARG002
        if bindparam.unique:
            constant = str(self.render_literal_bindparam(bindparam, **options))  # type: ignore[no-untyped-call]
            return f"({constant})" if bindparam.expanding else constant
        kind = self.dialect.type_compiler_instance.process(bindparam.type)
        if self.asked.setdefault(bindparam.key, kind) != kind:
            raise ValueError(f"{bindparam.key} is declared as {self.asked[bindparam.key]} and as {kind}")
        number = [*self.asked].index(bindparam.key) + 1
        # In parentheses: an element of an array may be taken of it.
        return f"(${number}::{kind})"

    def render_literal_value(self, value: object, type_: AnyType) -> str:
        # Past PostgreSQL's own, which doubles backslashes for servers without standard_conforming_strings.
        return super(PGCompiler, self).render_literal_value(value, type_)


# No placeholders of a driver in the text, where a percent sign would be two.
_DIALECT = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
