"""What the service does on a distributed database, shown on a plain one that has its functions and its setting."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy import Text, Uuid, func, select, text

from geo_assign.access.tables import organizations
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.db import Database, Tx
from geo_assign.core.direct import Opening, TransactionFrame
from geo_assign.core.distribution import is_distributed, leads_to_distributed
from geo_assign.core.foresight import NOTHING_BESIDES
from geo_assign.core.statements import Parameters, Statement
from geo_assign.doctor import CheckVerdict, examine
from geo_assign.positions.ledger import Ledger
from tests.api.test_every_operation_succeeds import told_story, unanswered
from tests.conftest import World, cloned, opened_day, owner_of
from tests.day import NOON, Day
from tests.distribution.stand_in import stand_in_for_citus

HOUR = timedelta(hours=1)
ASKED = Parameters(org_id=Uuid(), name=Text())


class OpenedRow(NamedTuple):
    name: str
    opened_at: datetime


OPENING = Opening(
    Statement.of(
        OpenedRow,
        select(organizations.c.name, func.clock_timestamp().label("opened_at")).where(
            organizations.c.org_id == ASKED.org_id
        ),
    )
)
PLANS = text("SELECT current_setting('plan_cache_mode')")


@pytest.fixture(scope="module")
def distributed(template: str) -> Iterator[World]:
    with cloned(template) as world:
        with owner_of(world) as conn:
            stand_in_for_citus(conn)
        yield world


@pytest.fixture
def spread(distributed: World) -> Iterator[Database]:
    database = distributed.database()
    yield database
    database.close()


@pytest.fixture
def spread_day(distributed: World) -> Iterator[Day]:
    with opened_day(distributed) as day:
        yield day


def company(world: World) -> UUID:
    org_id = uuid4()
    with owner_of(world) as conn:
        values = {"org_id": org_id, "slug": f"org-{org_id.hex}", "name": org_id.hex}
        conn.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, :name)"), values)
    return org_id


def seen(tx: Tx) -> list[UUID]:
    return list(tx.conn.execute(text("SELECT org_id FROM organizations")).scalars())


def test_a_transaction_enters_its_organization_by_a_command(distributed: World, spread: Database) -> None:
    first, second = company(distributed), company(distributed)
    for org_id in (first, second, first):
        with spread.transaction(org_id) as tx:
            assert seen(tx) == [org_id]
            assert is_distributed(tx.conn.connection)
        with spread.transaction(org_id, OPENING, {"org_id": str(org_id)}) as tx:
            assert [row.name for row in tx.opened] == [org_id.hex]
            assert seen(tx) == [org_id]
    with spread.across_organizations() as conn:
        assert conn.execute(text("SELECT count(*) FROM organizations")).scalar_one() == 0


def test_nothing_is_asked_beforehand_there(
    distributed: World, spread: Database, database: Database, org_id: UUID
) -> None:
    for one, own in ((spread, company(distributed)), (database, org_id)):
        with one.transaction(own, OPENING, {"org_id": str(own)}):
            pass
        foreseen = one.foresee(own, lambda tx: tx.fetch(OPENING.statement, {"org_id": tx.org_id, "name": ""}))
        assert (foreseen is None, leads_to_distributed(one.engine)) == (one is spread, one is spread)


def test_who_calls_is_asked_in_a_transaction_there_whatever_is_foreseen(distributed: World) -> None:
    org_id = company(distributed)
    database = Database(distributed.app_url, pool_size=1)
    try:
        for given in (str(org_id), "no-uuid", str(org_id)):
            with ExitStack() as held:
                if given == "no-uuid":
                    held.enter_context(pytest.raises(pg_errors.InvalidTextRepresentation))
                tx = held.enter_context(database.transaction(org_id, OPENING, {"org_id": given}, NOTHING_BESIDES))
                assert [row.name for row in tx.opened] == [org_id.hex]
                assert seen(tx) == [org_id]
    finally:
        database.close()


def test_the_function_sets_nothing_but_an_organization(distributed: World) -> None:
    with psycopg.connect(distributed.app_url) as conn:
        for given in ("'x'; DROP TABLE users", "no-uuid", ""):
            with pytest.raises(pg_errors.InvalidTextRepresentation), conn.transaction():
                conn.execute("SELECT enter_organization(%s)", [given])
        with conn.transaction():
            conn.execute("SELECT enter_organization(%s)", [uuid4()])
        assert conn.execute("SELECT current_setting('app.org_id', true)").fetchone() == ("",)


def test_a_plain_database_is_asked_for_no_function(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        assert not is_distributed(tx.conn.connection)
    frame = TransactionFrame({"app.org_id": str(org_id), "lock_timeout": "1"})
    assert b"enter_organization" not in frame.script() + frame.setting()
    script, setting = frame.script(distributed=True), frame.setting(distributed=True)
    assert script == b"BEGIN; SELECT enter_organization('%s'), set_config('lock_timeout', '1', true)" % (
        str(org_id).encode()
    )
    assert setting == b"SELECT enter_organization($1), set_config('lock_timeout', $2, true)"


@pytest.mark.parametrize(("where", "plans"), [("spread", "auto"), ("database", "force_generic_plan")])
def test_plans_of_positions_know_their_organization_there(
    where: str, plans: str, request: pytest.FixtureRequest, distributed: World
) -> None:
    database: Database = request.getfixturevalue(where)
    with database.transaction(company(distributed)) as tx:
        Ledger(tx).lock([uuid4()])
        assert tx.conn.execute(PLANS).scalar_one() == plans


def test_no_place_off_duty_is_kept_there_either(distributed: World, spread_day: Day) -> None:
    """The walls ask for the intervals by another way, and refuse the same."""
    day = spread_day
    day.map("A . J", step_m=500)
    day.technician("A")
    values = {"org_id": day.org_id, "id": day.people["A"], "now": NOON}
    with owner_of(distributed) as conn:
        move = "UPDATE current_positions SET lat = lat + 0.001, used_at = :at WHERE org_id = :org_id"
        place = (
            "INSERT INTO position_track (org_id, technician_id, lat, lon, recorded_at, used_at, received_at) "
            "VALUES (:org_id, :id, 41.15, -8.61, :at, :at, :now)"
        )
        for statement in (move, place):
            with pytest.raises(Exception, match="off duty") as refused:
                conn.execute(text(statement), {**values, "at": NOON - 30 * HOUR})
            assert isinstance(refused.value.__cause__, pg_errors.CheckViolation)
            conn.execute(text(statement), {**values, "at": NOON})


def test_the_doors_of_erasure_open_for_the_own_organization_alone(distributed: World, spread_day: Day) -> None:
    """There they take the organization as an argument, by which the server is found: it may be no other."""
    day = spread_day
    day.map("A . J", step_m=500)
    day.technician("A")
    other = company(distributed)
    for door in ("erase_technician_traces", "erase_customer_traces", "erase_live_views"):
        with psycopg.connect(distributed.app_url) as conn:
            for entered in (other, None):
                if entered is not None:
                    conn.execute("SELECT enter_organization(%s)", [entered])
                with pytest.raises(pg_errors.InsufficientPrivilege, match="not the organization"):
                    conn.execute(f"SELECT {door}(%s, %s)", [day.org_id, day.people["A"]])  # type: ignore[arg-type]
                conn.rollback()
        with psycopg.connect(distributed.worker_url) as conn, pytest.raises(pg_errors.InsufficientPrivilege):
            conn.execute(f"SELECT {door}(%s, %s)", [day.org_id, day.people["A"]])  # type: ignore[arg-type]


def test_each_server_is_asked_before_the_service_is_given_work(distributed: World, world: World) -> None:
    for one, named in ((distributed, True), (world, False)):
        app = create_app(one.settings())
        try:
            with app.test_client().get("/health/ready") as answer:
                checks = {check["name"]: check for check in answer.get_json()["checks"]}
            assert (answer.status_code, "servers" in checks) == (200, named)
        finally:
            app.extensions[EXTENSION].close()


def test_the_doctor_tells_how_statements_run_on_the_servers(distributed: World) -> None:
    company(distributed)

    def told() -> tuple[CheckVerdict, str]:
        found = {finding.name: finding for finding in examine(distributed.settings(), environ={})}["servers"]
        return found.verdict, found.detail

    assert told() == (CheckVerdict.OK, "each gives a row, and has the settings of the service")
    changes = "ALTER FUNCTION run_command_on_workers {} jit", "ALTER FUNCTION run_command_on_workers {} lock_timeout"
    with owner_of(distributed) as conn:
        for statement, value in zip(changes, ("on", "0"), strict=True):
            conn.exec_driver_sql(f"{statement.format('SET')} TO {value}")
        assert told() == (CheckVerdict.FAIL, "here:5432: lock_timeout is 0, not 10s, jit is on, not off")
        for statement in changes:
            conn.exec_driver_sql(statement.format("RESET"))


def test_every_operation_succeeds_with_the_functions_of_a_distributed_database(
    distributed: World, tmp_path: Path
) -> None:
    """Erasure by its doors, days of Insight by their triggers, positions by their walls."""
    with told_story(distributed.settings(), tmp_path) as story:
        assert unanswered(story) == set()
    with owner_of(distributed) as conn:
        changes = "SELECT count(DISTINCT store_id) FROM insight_changes"
        assert conn.execute(text(changes)).scalar_one() > 0
