"""The migrations make exactly the schema that the models describe, and every table keeps the data rules."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

from geo_assign.core.tables import APP_ROLE, WORKER_ROLE
from geo_assign.database_roles import ensure_extensions
from geo_assign.schema import metadata
from tests.conftest import World, server_url

# What pg_dump would tell, as rows that can be compared: definitions as PostgreSQL itself prints them.
CATALOG = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
          AND NOT a.attisdropped""",
    "column order": """
        SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 GROUP BY 1""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "policies": """
        SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check
        FROM pg_policies WHERE schemaname = 'public'""",
    "row security": """
        SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')""",
    "grants": """
        SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND grantee LIKE 'geo_assign%'""",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid), p.proacl::text FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
}
OF_EXTENSIONS = {"spatial_ref_sys", "geography_columns", "geometry_columns", "raster_columns", "raster_overviews"}
NOT_OURS = {*OF_EXTENSIONS, "alembic_version"}


@pytest.fixture
def from_models() -> Iterator[Connection]:
    """A database made by the models alone."""
    name = f"geo_test_models_{uuid4().hex[:8]}"
    with psycopg.connect(server_url(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    engine = create_engine(make_url(server_url()).set(drivername="postgresql+psycopg", database=name))
    try:
        with engine.begin() as conn:
            ensure_extensions(conn)
            metadata.create_all(conn)
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()
        with psycopg.connect(server_url(), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_migrations_make_what_the_models_describe(admin: Connection, from_models: Connection) -> None:
    for what in CATALOG:
        migrated, modelled = catalog(admin, what), catalog(from_models, what)
        assert migrated - modelled == set(), f"{what}: only in the migrations"
        assert modelled - migrated == set(), f"{what}: only in the models"


def test_the_comparison_sees_what_autogenerate_does_not(admin: Connection, from_models: Connection) -> None:
    admin.execute(text("ALTER TABLE bookings DROP CONSTRAINT bookings_no_overlap"))
    admin.execute(text("DROP POLICY tenant ON offers"))
    assert catalog(admin, "constraints") != catalog(from_models, "constraints")
    assert catalog(admin, "policies") != catalog(from_models, "policies")


def test_every_table_begins_its_key_with_the_organization(admin: Connection) -> None:
    first = dict(
        admin.execute(
            text(
                "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
                "WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"
            )
        ).all()  # type: ignore[arg-type]
    )
    ours = tables(admin)
    assert len(ours) > 20
    assert {table: first.get(table) for table in ours if first.get(table) != "org_id"} == {}


def test_every_unique_rule_and_every_reference_includes_the_organization(admin: Connection) -> None:
    loose = admin.execute(
        text(
            """
            SELECT c.relname, x.relname FROM pg_index i
            JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
            WHERE (i.indisunique OR i.indisexclusion) AND c.relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id'
                              AND a.attnum = ANY(i.indkey::int2[]))"""
        )
    ).all()
    # The slug of an organization is what log-in names it by, so it is unique among them all.
    assert {tuple(row) for row in loose if row[0] not in NOT_OURS} == {("organizations", "organizations_slug_key")}
    references = admin.execute(
        text(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' "
            "AND connamespace = 'public'::regnamespace AND pg_get_constraintdef(oid) NOT LIKE 'FOREIGN KEY (org_id%'"
        )
    ).all()
    assert references == []


def test_every_table_has_row_security_and_belongs_to_the_owner(admin: Connection) -> None:
    rows = admin.execute(
        text(
            "SELECT c.relname, c.relrowsecurity, r.rolname, "
            "EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) OR c.relispartition AS guarded "
            "FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
    ).all()
    ours = [row for row in rows if row.relname not in NOT_OURS]
    assert [row.relname for row in ours if not (row.relrowsecurity and row.guarded)] == []
    owners = {row.rolname for row in ours}
    assert owners.isdisjoint({APP_ROLE, WORKER_ROLE, "geo_assign_test_app", "geo_assign_test_worker"})
    assert len(owners) == 1


def test_history_and_audit_can_only_be_added_to(admin: Connection) -> None:
    grants = catalog(admin, "grants")
    for table in ("work_order_events", "audit_entries", "decisions"):
        assert {privilege for name, grantee, privilege in grants if (name, grantee) == (table, APP_ROLE)} == {
            "SELECT",
            "INSERT",
        }


def test_roles_are_bound(world: World, admin: Connection) -> None:
    roles = admin.execute(
        text("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'geo_assign%'")
    ).all()
    assert len(roles) >= 4
    assert [row.rolname for row in roles if row.rolsuper or row.rolbypassrls or row.rolcreaterole] == []


def tables(conn: Connection) -> list[str]:
    """Our tables, partitions left out."""
    rows = conn.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition"
        )
    ).scalars()
    return sorted(name for name in rows if name not in NOT_OURS)


def catalog(conn: Connection, what: str) -> set[tuple[str, ...]]:
    """One part of the catalog, white space folded; partitions, which come and go with the days, left out."""
    rows = conn.execute(text(CATALOG[what])).all()
    return {
        tuple(" ".join(str(value).split()) for value in row)
        for row in rows
        if str(row[0]) not in NOT_OURS and not str(row[0]).startswith("position_track_2")
    }
