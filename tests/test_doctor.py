"""`geo-assign doctor` names what is wrong with an installation and what to do."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from geo_assign import doctor as doctor_module
from geo_assign.core.vetting import DatabaseFacts, durability_objections, role_objections, version_objections
from geo_assign.doctor import CheckVerdict, Finding, check_names, doctor, examine
from tests.conftest import World

SOUND = DatabaseFacts(
    server_version="15.18 (Debian 15.18-0+deb12u1)",
    server_version_num=150018,
    postgis_version="3.3.2",
    extensions=("postgis", "btree_gist", "btree_gin", "pg_trgm", "unaccent"),
    fsync=True,
    synchronous_commit=True,
    role="fleet_app",
    superuser=False,
    bypasses_row_security=False,
    owned_tables=0,
    now=datetime(2026, 3, 2, 9, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def built_console(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    page = tmp_path / "index.html"
    page.touch()
    monkeypatch.setattr(doctor_module, "CONSOLE_PAGE", page)
    return page


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    assert len({finding.name for finding in findings}) == len(findings)
    return {finding.name: finding for finding in findings}


@pytest.mark.usefixtures("org_id")
def test_a_sound_installation_is_well(world: World, free_port: int) -> None:
    findings = by_name(examine(world.settings(port=free_port), environ={}))
    durability = findings.pop("durability")
    assert {finding.verdict for finding in findings.values()} == {CheckVerdict.OK}, findings
    assert durability.verdict in {CheckVerdict.OK, CheckVerdict.WARN}


def test_what_is_not_well_says_what_to_do(world: World) -> None:
    settings = world.settings(database_url=world.admin_url, secret_keys="short", outbound_allow="10.0.0.0/8")
    for finding in examine(settings, environ={"GEO_ASSIGN_PROT": "1"}):
        assert bool(finding.hint) == (finding.verdict in {CheckVerdict.WARN, CheckVerdict.FAIL}), finding


def test_the_owner_must_not_serve(world: World) -> None:
    finding = by_name(examine(world.settings(database_url=world.admin_url), environ={}))["application role"]
    assert finding.verdict is CheckVerdict.FAIL
    assert "superuser" in finding.detail


def test_a_member_of_the_owner_is_an_owner(world: World, admin: Connection) -> None:
    admin.execute(text("CREATE ROLE geo_test_heir LOGIN PASSWORD 'test' NOSUPERUSER"))
    try:
        admin.execute(text("ALTER TABLE organizations OWNER TO geo_test_heir"))
        heir = world.app_url.replace("geo_assign_test_app", "geo_test_heir")
        finding = by_name(examine(world.settings(database_url=heir), environ={}))["application role"]
    finally:
        admin.execute(text("REASSIGN OWNED BY geo_test_heir TO CURRENT_USER"))
        admin.execute(text("DROP ROLE geo_test_heir"))
    assert finding.verdict is CheckVerdict.FAIL
    assert "owns 1 tables" in finding.detail


def test_an_old_schema_is_told_from_a_new_one(world: World, admin: Connection) -> None:
    admin.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    finding = by_name(examine(world.settings(), environ={}))["migrations"]
    assert finding.verdict is CheckVerdict.FAIL
    assert "is at old" in finding.detail
    assert finding.hint == "run: geo-assign db upgrade"


def test_without_a_database_its_checks_are_skipped_and_the_password_stays_secret(free_port: int, world: World) -> None:
    url = f"postgresql://fleet_app:hidden@127.0.0.1:{free_port}/fleet"
    findings = by_name(examine(world.settings(database_url=url), environ={}))
    assert findings["database"].verdict is CheckVerdict.FAIL
    assert findings["migrations"].verdict is CheckVerdict.SKIP
    assert "hidden" not in str(findings)


@pytest.mark.parametrize(
    ("changes", "name", "verdict", "detail"),
    [
        ({"secret_keys": ""}, "secret keys", CheckVerdict.FAIL, "none is set"),
        ({"vapid_private_key": ""}, "push", CheckVerdict.WARN, "no phone is woken"),
        ({"vapid_contact": ""}, "push", CheckVerdict.OK, "no contact"),
        ({"vapid_contact": "ops@acme.example"}, "push", CheckVerdict.OK, "and a contact"),
        ({}, "mail", CheckVerdict.OK, "links are shown to the administrators"),
        (
            {"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none", "public_url": "https://desk.test"},
            "mail",
            CheckVerdict.FAIL,
            "127.0.0.1 port 1 (none): The mail server's name is unknown, or no connection",
        ),
        ({"secret_keys": "short"}, "secret keys", CheckVerdict.FAIL, "key 1 of 1 is no Fernet key"),
        ({"outbound_allow": "10.0.0.0/8"}, "outbound", CheckVerdict.FAIL, "10.0.0.0/8"),
        ({"outbound_allow": "0.0.0.0/0:*"}, "outbound", CheckVerdict.WARN, "every private address"),
        ({"outbound_allow": ""}, "outbound", CheckVerdict.OK, "no private places"),
        ({"basemap_path": Path("/nowhere.json")}, "console", CheckVerdict.WARN, "/nowhere.json is missing"),
        ({"worker_database_url": None}, "worker role", CheckVerdict.WARN, "runs no worker"),
        ({"host": "192.0.2.1"}, "port", CheckVerdict.FAIL, "192.0.2.1"),
    ],
)
def test_each_setting_is_judged(
    world: World, changes: dict[str, object], name: str, verdict: CheckVerdict, detail: str
) -> None:
    finding = by_name(examine(world.settings(**changes), environ={}))[name]
    assert (finding.verdict, detail in finding.detail) == (verdict, True), finding


def test_a_misspelt_setting_is_named() -> None:
    finding = check_names({"GEO_ASSIGN_FRESHNES_S": "60", "GEO_ASSIGN_PORT": "1", "PATH": "/bin"})
    assert finding.verdict is CheckVerdict.WARN
    assert finding.detail == "not known: GEO_ASSIGN_FRESHNES_S"


def test_a_console_that_is_not_built_is_no_failure(built_console: Path, world: World) -> None:
    built_console.unlink()
    assert by_name(examine(world.settings(), environ={}))["console"].verdict is CheckVerdict.WARN


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"server_version_num": 140011, "server_version": "14.11"}, "PostgreSQL is 14.11, at least 15 is needed"),
        ({"postgis_version": "3.2.9"}, "PostGIS is 3.2.9, at least 3.3 is needed"),
        ({"postgis_version": None}, "the extension postgis is missing"),
        ({"extensions": ("postgis", "btree_gin", "pg_trgm", "unaccent")}, "the extension btree_gist is missing"),
        ({"extensions": ("postgis", "btree_gist", "btree_gin", "unaccent")}, "the extension pg_trgm is missing"),
        ({"fsync": False}, "fsync is off"),
        ({"synchronous_commit": False}, "synchronous_commit is off"),
        ({"superuser": True}, "fleet_app is a superuser"),
        ({"bypasses_row_security": True}, "fleet_app bypasses row security"),
        ({"owned_tables": 3}, "fleet_app owns 3 tables, and row security does not bind owners"),
        ({"postgis_version": "3.10.0"}, None),
        ({}, None),
    ],
)
def test_a_database_is_objected_to_by_what_it_says(changes: dict[str, object], objection: str | None) -> None:
    facts = replace(SOUND, **changes)  # type: ignore[arg-type]
    objections = [*version_objections(facts), *durability_objections(facts), *role_objections(facts)]
    assert objections == ([objection] if objection else [])


def test_json_and_the_exit_status_are_for_machines(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_ASSIGN_DATABASE_URL", world.app_url)
    monkeypatch.setenv("GEO_ASSIGN_SECRET_KEYS", "")
    result = CliRunner().invoke(doctor, ["--json"])
    assert result.exit_code == 1
    findings = json.loads(result.output)
    assert {"name": "database", "verdict": "ok", "detail": "logged in as geo_assign_test_app", "hint": ""} in findings


def test_people_get_a_table_with_hints(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_ASSIGN_DATABASE_URL", world.app_url)
    monkeypatch.setenv("GEO_ASSIGN_SECRET_KEYS", "")
    output = CliRunner().invoke(doctor).output
    assert "application role" in output
    assert "→ set GEO_ASSIGN_SECRET_KEYS" in output


def test_settings_that_cannot_be_read_are_the_one_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_ASSIGN_PORT", "eighty")
    result = CliRunner().invoke(doctor, ["--json"])
    assert result.exit_code == 1
    (finding,) = json.loads(result.output)
    assert finding["detail"].startswith("GEO_ASSIGN_PORT: ")


def test_events_that_wait_or_were_given_up_are_noticed(world: World, admin: Connection, org_id: UUID) -> None:
    settings = world.settings()
    event = {"org_id": org_id, "id": uuid4()}
    admin.execute(
        text(
            "INSERT INTO outbox (org_id, id, event_type, subject_id, payload, created_at, available_at) "
            "VALUES (:org_id, :id, 'work_order.created', :id, '{}', now() - interval '5 min', now())"
        ),
        event,
    )
    found = by_name(examine(settings, environ={}))["events"]
    assert (found.verdict, "worker" in found.hint) == (CheckVerdict.WARN, True)
    admin.execute(text("UPDATE outbox SET delivered_at = now()"))
    admin.execute(
        text("INSERT INTO webhooks (org_id, id, url, created_at, updated_at) VALUES (:org_id, :id, 'x', now(), now())"),
        event,
    )
    admin.execute(
        text(
            "INSERT INTO webhook_deliveries (org_id, id, webhook_id, event_id, event_type, subject_id, sequence, data, "
            "occurred_at, state, expires_at, finished_at, created_at) "
            "VALUES (:org_id, :id, :id, :id, 'x', :id, 1, '{}', now(), 'dead', now(), now(), now())"
        ),
        event,
    )
    found = by_name(examine(settings, environ={}))["events"]
    assert (found.verdict, found.detail) == (CheckVerdict.WARN, "1 deliveries to webhooks were given up")


FAULTS = {
    "writes": (
        (
            "CREATE OR REPLACE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no library' USING ERRCODE = 'internal_error'; END $$"
        ),
        "XX000",
    ),
    "worker writes": ("REVOKE DELETE ON outbox FROM geo_assign_worker", "DELETE on outbox"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_database_that_takes_no_writes_fails_though_it_answers(world: World, admin: Connection, name: str) -> None:
    statement, told = FAULTS[name]
    admin.execute(text(statement))
    found = by_name(examine(world.settings(), environ={}))
    assert found["database"].verdict is CheckVerdict.OK
    assert found[name].verdict is CheckVerdict.FAIL
    assert told in found[name].detail
    assert found[name].hint


def test_a_read_only_database_is_named(world: World, admin: Connection) -> None:
    database = admin.execute(text("SELECT current_database()")).scalar_one()
    # A changed schema is lent to no other test.
    admin.execute(text("CREATE TABLE of_this_test ()"))
    admin.exec_driver_sql(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    found = by_name(examine(world.settings(), environ={}))
    assert {found[name].verdict for name in FAULTS} == {CheckVerdict.FAIL}
    assert all("read-only" in found[name].detail for name in FAULTS)
