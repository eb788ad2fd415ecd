"""`geo-assign db distribute` says in words what is missing, before anything is changed."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from geo_assign.cli import main
from geo_assign.core.tables import APP_ROLE
from geo_assign.distribution import checking, servers
from geo_assign.distribution.checking import list_objections
from geo_assign.distribution.functions import ENTERING
from geo_assign.distribution.servers import SETTINGS, Answered, server_objections, unreachable_servers
from geo_assign.distribution.spreading import SpreadTables, is_spread, spread_new_tables
from tests.conftest import World

HAS_ENTER = text("SELECT to_regprocedure('enter_organization(uuid)') IS NOT NULL")


@pytest.fixture
def installed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The command finds the database by the environment."""
    for name in ("admin_url", "app_url", "worker_url"):
        variable = {"admin_url": "ADMIN_DATABASE_URL", "app_url": "DATABASE_URL", "worker_url": "WORKER_DATABASE_URL"}
        monkeypatch.setenv(f"GEO_ASSIGN_{variable[name]}", getattr(world, name))
    return world


@pytest.mark.usefixtures("installed")
def test_without_citus_it_says_how_to_get_it_and_changes_nothing(admin: Connection) -> None:
    result = CliRunner().invoke(main, ["db", "distribute", "--shards", "4"])
    assert result.exit_code == 1
    assert "The extension citus is missing" in result.output
    assert "CREATE EXTENSION citus" in result.output
    assert not admin.execute(HAS_ENTER).scalar_one()


@pytest.mark.usefixtures("installed")
def test_an_old_schema_is_brought_up_to_date_first(admin: Connection) -> None:
    admin.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    result = CliRunner().invoke(main, ["db", "distribute"])
    assert result.exit_code == 1
    assert "at 0001, not" in result.output
    assert "run geo-assign db upgrade" in result.output


def test_it_runs_as_the_owner(installed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEO_ASSIGN_ADMIN_DATABASE_URL")
    result = CliRunner().invoke(main, ["db", "distribute"])
    assert installed.admin_url not in result.output
    assert (result.exit_code, "runs as the owner" in result.output) == (1, True)


@pytest.mark.parametrize("shards", ["0", "65", "many"])
def test_a_number_of_parts_that_makes_no_sense_is_refused(shards: str) -> None:
    assert CliRunner().invoke(main, ["db", "distribute", "--shards", shards]).exit_code == 2


@pytest.mark.parametrize(
    ("version", "nodes", "told"),
    [
        ("12.1-1", [], ["Citus is 12.1-1, at least 13.0 is needed."]),
        ("13.2-1", [], ["citus_set_coordinator_host", "citus_add_node"]),
        ("14.0-1", [(0, "primary", False)], ["citus_add_node"]),
        ("13.0-2", [(0, "primary", False), (1, "secondary", True)], ["citus_add_node"]),
        ("13.0-2", [(1, "primary", True)], ["citus_set_coordinator_host"]),
        ("13.2-1", [(0, "primary", False), (1, "primary", True)], []),
    ],
)
def test_what_citus_lacks_is_said_with_what_to_do(
    admin: Connection,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    nodes: list[tuple[int, str, bool]],
    told: list[str],
) -> None:
    """The tables of Citus, as it would have them."""
    admin.exec_driver_sql("CREATE TEMP TABLE pg_extension (extname text, extversion text)")
    admin.execute(text("INSERT INTO pg_temp.pg_extension VALUES ('citus', :version)"), {"version": version})
    admin.exec_driver_sql("SET search_path TO pg_temp, pg_catalog, public")
    admin.exec_driver_sql(
        "CREATE TEMP TABLE pg_dist_node (groupid int, noderole text, isactive boolean, shouldhaveshards boolean)"
    )
    for group, role, holds in nodes:
        row = {"group": group, "role": role, "holds": holds}
        admin.execute(text("INSERT INTO pg_dist_node VALUES (:group, :role, true, :holds)"), row)
    monkeypatch.setattr(checking, "ask_servers", lambda _conn, _command: [])
    found = list_objections(admin)
    assert len(found) == len(told)
    assert all(part in sentence for part, sentence in zip(told, found, strict=True))


def test_each_server_is_asked_for_a_row_and_its_settings(admin: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    well = json.dumps({**SETTINGS, "organizations": 0})
    slow = json.dumps({**SETTINGS, "jit": "on", "lock_timeout": "0", "organizations": 0})
    answers = [
        Answered("a:5432", is_well=True, text=well),
        Answered("b:5432", is_well=True, text=slow),
        Answered("c:5432", is_well=False, text="connection refused"),
    ]
    monkeypatch.setattr(servers, "ask_servers", lambda _conn, _command: answers)
    assert list(server_objections(admin)) == [
        "b:5432: lock_timeout is 0, not 10s, jit is on, not off",
        "c:5432 cannot be asked: connection refused",
    ]
    assert list(unreachable_servers(admin)) == ["c:5432 cannot be asked: connection refused"]
    monkeypatch.setattr(servers, "ask_servers", lambda _conn, _command: [])
    assert list(server_objections(admin)) == ["no server holds rows"]


def test_an_upgrade_spreads_nothing_of_a_plain_database(admin: Connection) -> None:
    assert (is_spread(admin), spread_new_tables(admin)) == (False, ())
    assert not admin.execute(HAS_ENTER).scalar_one()


def test_what_was_done_is_said_in_sentences() -> None:
    done = SpreadTables(["organizations", "users"], 2, ["users"])
    assert list(done.sentences()) == [
        "2 tables are spread over 2 servers: organizations, users.",
        "Start serve and worker again: they learn of it when they connect.",
        "Their rows on this server, which nothing reads any longer, are removed: users.",
    ]
    assert list(SpreadTables([], 1, []).sentences()) == ["Every table was spread over 1 server before."]


def test_only_the_application_enters_organizations(admin: Connection) -> None:
    for statement in ENTERING:
        admin.exec_driver_sql(statement.replace("%", "%%"))
    granted = text("SELECT coalesce(proacl::text, '') FROM pg_proc WHERE proname = 'enter_organization'")
    acl = admin.execute(granted).scalar_one()
    assert f"{APP_ROLE}=X" in acl
    assert "{=X" not in acl
    assert ",=X" not in acl
