"""How every table is made: tenant key first, row security, grants.

`tenant_table` puts `org_id` in front and registers who may do what; `security_ddl` turns that into statements, used by
`create_all` in tests and written out in the migrations. The test that compares both keeps them together.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from sqlalchemy import DDL, Column, MetaData, Table, event
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID
from sqlalchemy.schema import SchemaItem

APP_ROLE = "geo_assign_app"
WORKER_ROLE = "geo_assign_worker"

AppGrant = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
ALL: tuple[AppGrant, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")
APPEND_ONLY: tuple[AppGrant, ...] = ("SELECT", "INSERT")

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

INSTANT = TIMESTAMP(timezone=True)


def tenant_table(
    name: str,
    *items: SchemaItem,
    app: Iterable[AppGrant] = ALL,
    worker: Iterable[AppGrant] = (),
    **options: Any,
) -> Table:
    """A table whose rows belong to one organization each.

    `app` and `worker` are the privileges of the two roles: the application sees the rows of the organization that its
    transaction is set to, the worker those of all.
    """
    org_id = Column("org_id", UUID(as_uuid=True), primary_key=True, nullable=False)
    table = Table(name, metadata, org_id, *items, **options)
    table.info.update(app=tuple(app), worker=tuple(worker), ddl=[], distributed=[])
    and_also(table, *security_ddl(table))
    return table


def and_also(table: Table, *statements: str) -> None:
    """Statements that belong to `table` and that SQLAlchemy has no words for: functions, triggers, policies."""
    for statement in statements:
        table.info["ddl"].append(statement.strip())
        ddl = DDL(statement.strip().replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", ddl)


def where_distributed(table: Table, *statements: str) -> None:
    """Functions that a database distributed by Citus has in the place of those of the same name.

    There a trigger runs on the server that holds the row, on a part of the table, and so does all that it asks. Each
    statement is repeatable; they run in the order of the tables. See `geo_assign.distribution`.
    """
    table.info["distributed"].extend(statement.strip() for statement in statements)


def security_ddl(table: Table) -> Iterator[str]:
    """The statements that put row security and grants on a table."""
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield (
        f"CREATE POLICY tenant ON {table.name} TO {APP_ROLE} "
        "USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)"
    )
    yield f"GRANT {', '.join(table.info['app'])} ON {table.name} TO {APP_ROLE}"
    if table.info["worker"]:
        yield f"CREATE POLICY sweep ON {table.name} TO {WORKER_ROLE} USING (true)"
        yield f"GRANT {', '.join(table.info['worker'])} ON {table.name} TO {WORKER_ROLE}"


def in_values(column: str, values: Iterable[str]) -> str:
    """The SQL of a CHECK or a predicate: `column` is one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"
