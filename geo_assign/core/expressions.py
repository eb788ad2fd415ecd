"""Small SQL expressions that SQLAlchemy has only longer words for."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Exists,
    FromClause,
    Integer,
    Label,
    ScalarSelect,
    Text,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    select,
)
from sqlalchemy import literal_column as constant
from sqlalchemy.sql.elements import Grouping

from geo_assign.core.rows import AnyColumn, AnySelect, AnyType


def row_exists(source: FromClause, *conditions: ColumnElement[bool], one_by_one: bool = False) -> Exists:
    """Whether `source`, a table or a join, has a row that meets the conditions.

    Whatever else the conditions name belongs to a statement around this one. `one_by_one`: looked up for each row of
    that statement, by an index. Else the planner may read all rows that meet the conditions for any row, once, which
    it takes for quicker from some hundred rows on, however large the table is.
    """
    rows: AnySelect = select(constant("1")).select_from(source).where(*conditions).correlate_except(source)
    return exists(rows.offset(0) if one_by_one else rows)


def count_rows(source: FromClause, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many rows of `source` meet the conditions. Other tables as in `row_exists`."""
    return select(func.count()).select_from(source).where(*conditions).correlate_except(source).scalar_subquery()


def is_false(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """`(condition) IS FALSE`: unlike NOT it is evaluated row by row.

    The planner turns NOT EXISTS into joins, plans those for longer than they run, and where it does not know the
    values it joins the few rows of interest with every row there is.
    """
    return Grouping(condition).is_(false())


def of_each_row(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition as one that partial indexes are not found by: it is evaluated row by row.

    The planner takes a GiST index for as quick as a B-tree, and prefers that of an exclusion constraint because it
    holds fewer rows. It takes three times as long.
    """
    return func.coalesce(condition, false())


def sorted_anew(column: AnyColumn) -> AnyColumn:
    """The column's own values as an order that no index gives: rows that were found otherwise are sorted."""
    if isinstance(column.type, DateTime):
        return column + literal(timedelta(0))
    return column + whole_number(0) if isinstance(column.type, Integer) else column + word("")


def later(instant: AnyColumn, by: timedelta) -> AnyColumn:
    """The instant that much later, in words for which no session's time zone matters.

    An interval may be of days, which have no length but in a zone. Citus changes no rows by what depends on one.
    """
    return func.timezone("UTC", func.timezone("UTC", instant) + literal(by), type_=DateTime(timezone=True))


def no_value(kind: AnyType, name: str) -> Label[Any]:
    """NULL of a type, as the column `name`."""
    return cast(null(), kind).label(name)


def word(value: str) -> ColumnElement[str]:
    """A fixed word, such as a state. It stands in the statement's text, so that partial indexes are found by it."""
    return literal(str(value), Text(), literal_execute=True)


def whole_number(value: int) -> ColumnElement[int]:
    """A fixed number, in the statement's text like a `word`."""
    return literal(value, Integer(), literal_execute=True)
