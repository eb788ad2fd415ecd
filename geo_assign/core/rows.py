"""Names for what SQLAlchemy cannot type: rows and statements whose columns are put together while the program runs.

A function that takes a `ResultRow` says in its docstring which statement it comes from, and gives back typed values.
"""

from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.types import TypeEngine

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row, its columns by name."""
AnyColumn: TypeAlias = ColumnElement[Any]
"""An expression of any type."""
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement with any columns."""
AnyType: TypeAlias = TypeEngine[Any]
"""The SQL type of a column or parameter."""
