"""A statement of the hot path is checked when it is made."""

from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Integer, Text, Uuid, select

from geo_assign.core.expressions import word
from geo_assign.core.statements import Parameters, RowParameters, Statement
from geo_assign.workforce.tables import stores

ASKED = Parameters(org_id=Uuid(), name=Text(), fetch=Integer())


class StoreRow(NamedTuple):
    id: UUID
    name: str


def named(asked: Parameters) -> Statement[StoreRow]:
    s = stores.alias("s")
    rows = select(s.c.id, s.c.name).where(s.c.org_id == asked.org_id, s.c.name == asked.name, s.c.slug != asked.name)
    return Statement.of(StoreRow, rows.limit(asked.fetch))


def test_a_parameter_has_one_number_and_its_declared_type() -> None:
    statement = named(ASKED)
    assert statement.parameters == ("org_id", "name", "fetch")
    assert b"s.name = ($2::TEXT) AND s.slug != ($2::TEXT)" in statement.text
    assert b"LIMIT ($3::INTEGER)" in statement.text


def test_a_parameter_that_was_not_declared_is_an_error_at_once() -> None:
    with pytest.raises(AttributeError, match="'nmae'"):
        _ = ASKED.nmae


def test_a_parameter_of_two_types_is_an_error_at_once() -> None:
    s, other = stores.alias("s"), Parameters(name=Integer())
    rows = select(s.c.id, s.c.name).where(s.c.name == ASKED.name, s.c.version == other.name)
    with pytest.raises(ValueError, match="name is declared as TEXT and as INTEGER"):
        Statement.of(StoreRow, rows)


def test_columns_that_are_not_the_row_s_are_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="StoreRow holds"):
        Statement.of(StoreRow, select(stores.c.name, stores.c.id))


def test_a_value_that_a_statement_is_made_with_stands_in_its_text() -> None:
    s = stores.alias("s")
    rows = select(s.c.id, s.c.name).where(s.c.slug.in_(["a", "b'c"]), s.c.name == word("100 %")).limit(256)
    statement = Statement.of(StoreRow, rows)
    assert statement.parameters == ()
    assert b"s.slug IN ('a', 'b''c') AND s.name = '100 %'" in statement.text
    assert b"LIMIT 256" in statement.text


def test_parameters_may_be_the_columns_of_rows() -> None:
    asked = RowParameters("asked", ASKED, shared=frozenset({"org_id", "fetch"}))
    statement = named(asked)
    assert statement.parameters == ("org_id", "fetch")
    assert b"s.name = asked.name" in statement.text
    assert [*asked.columns()] == ["name"]


def test_rows_of_columns_have_them_as_members() -> None:
    s = stores.alias("s")
    statement = Statement.of_columns(select(s.c.name, s.c.id.label("store_id")).where(s.c.org_id == ASKED.org_id))
    row = statement.row_from(["North", UUID(int=1)])
    assert (row.name, row.store_id) == ("North", UUID(int=1))
