"""The service behind PgBouncer: every operation works, time-outs hold, and what cannot work is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from psycopg import errors as pg_errors
from sqlalchemy import Integer, Text, Uuid, func, make_url, select, text

from geo_assign.access.tables import organizations
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.connecting import SESSION_SETTINGS
from geo_assign.core.db import Database, Tx
from geo_assign.core.direct import Opening
from geo_assign.core.statements import Parameters, Statement
from geo_assign.doctor import CheckVerdict, examine
from tests.api.test_every_operation_succeeds import told_story, unanswered
from tests.conftest import World, cloned, owner_of
from tests.scaling.pgbouncer import any_program, behind, program_that

ASKED = Parameters(org_id=Uuid(), number=Integer(), seconds=Integer(), name=Text())


class NamedRow(NamedTuple):
    name: str
    opened_at: object


class NumberRow(NamedTuple):
    number: int


class SleptRow(NamedTuple):
    slept: str


OPENING = Opening(
    Statement.of(
        NamedRow,
        select(organizations.c.name, func.clock_timestamp().label("opened_at")).where(
            organizations.c.org_id == ASKED.org_id
        ),
    )
)
# As many texts as a service has, and each answers with a number of its own.
PLUS = [Statement.of(NumberRow, select((ASKED.number + plus).label("number"))) for plus in range(150)]
SLEEP = Statement.of(SleptRow, select(func.cast(func.pg_sleep(ASKED.seconds), Text()).label("slept")))


@pytest.fixture(scope="module", params=["session", "transaction"])
def pooled(template: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """A database behind Debian's PgBouncer in session mode, and behind a newer one in transaction mode."""
    program = any_program() if request.param == "session" else program_that(knows_statements=True)
    with cloned(template) as world, behind(world, program, mode=request.param) as pooled:
        spread_out(pooled)
        yield pooled


@pytest.fixture
def someone(pooled: World) -> Iterator[tuple[Database, UUID]]:
    """The application's pool and an organization by the name of Shop."""
    org_id, database = uuid4(), pooled.database()
    with database.transaction(org_id) as tx:
        values = {"org_id": org_id, "slug": f"shop-{org_id.hex}"}
        tx.conn.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, 'Shop')"), values)
    yield database, org_id
    database.close()


def spread_out(world: World) -> None:
    """Let the pooler open several connections to the server, of which each transaction is then lent another one."""
    database = world.database()
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(database.across_organizations())
    database.close()


def test_every_operation_is_answered_with_success(pooled: World, tmp_path: Path) -> None:
    with told_story(pooled.settings(), tmp_path) as story:
        assert unanswered(story) == set(), "the story leaves these out"
        ready = story.app.test_client().get("/health/ready")
        assert ready.status_code == 200, ready.get_data(as_text=True)
        assert {check["name"]: check["ok"] for check in ready.get_json()["checks"]}["pooler"] is True


def test_the_doctor_finds_it_well(pooled: World) -> None:
    found = {finding.name: finding for finding in examine(pooled.settings(), environ={})}
    assert (found["pooler"].verdict, found["pooler"].hint) == (CheckVerdict.OK, "")
    assert found["writes"].verdict is CheckVerdict.OK, found["writes"]
    assert found["worker writes"].verdict is CheckVerdict.OK, found["worker writes"]


def test_the_settings_of_connections_are_in_force(pooled: World) -> None:
    for url in (pooled.app_url, pooled.worker_url):
        database = Database(url, pool_size=2, lock_ms=1_234)
        with database.across_organizations() as conn:
            wanted = {name: conn.execute(select(func.current_setting(name))).scalar_one() for name in SESSION_SETTINGS}
        database.close()
        assert wanted == {**SESSION_SETTINGS, "lock_timeout": "1234ms"}


def test_a_pool_with_a_limit_of_its_own_keeps_it_and_passes_it_to_no_other(
    pooled: World, someone: tuple[Database, UUID]
) -> None:
    database, org_id = someone
    hasty = Database(pooled.app_url, pool_size=1, statement_ms=200)
    for _ in range(3):
        with pytest.raises(pg_errors.QueryCanceled), hasty.transaction(org_id) as tx:
            tx.fetch(SLEEP, {"seconds": 20})
        with database.transaction(org_id) as tx:
            assert tx.conn.execute(select(func.current_setting("statement_timeout"))).scalar_one() == "15s"
    hasty.close()


def test_statements_of_many_clients_are_never_taken_for_each_other(
    pooled: World, someone: tuple[Database, UUID]
) -> None:
    """Each process numbers differently what it asks, and asks beforehand what it will."""
    _, org_id = someone
    clients = [pooled.database(pool_size=2) for _ in range(4)]

    def work(number: int) -> None:
        database = clients[number % len(clients)]

        def ask(tx: Tx) -> list[int]:
            numbers = [(number * 7 + step * 11) % len(PLUS) for step in range(6)]
            return [tx.fetch(PLUS[plus], {"number": 1000})[0].number - 1000 - plus for plus in numbers]

        arguments = {"org_id": str(org_id)}
        for foreseen in (None, database.foresee(org_id, ask)):
            with database.transaction(org_id, OPENING, arguments, foreseen) as tx:
                assert [row.name for row in tx.opened] == ["Shop"]  # type: ignore[attr-defined]
                assert ask(tx) == [0] * 6
                assert tx.conn.execute(text(f"SELECT {number}")).scalar_one() == number
        with database.across_organizations() as conn:
            assert not conn.execute(text("SELECT current_setting('app.org_id', true)")).scalar_one()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(160)))
    for client in clients:
        client.close()


@pytest.fixture
def forgetful(template: str) -> Iterator[World]:
    """Behind a PgBouncer in transaction mode that knows nothing of prepared statements."""
    program = program_that(knows_statements=False)
    with cloned(template) as world, behind(world, program, mode="transaction") as pooled:
        yield pooled


def test_a_pooler_that_forgets_statements_is_told(forgetful: World) -> None:
    settings = forgetful.settings()
    found = {finding.name: finding for finding in examine(settings, environ={})}["pooler"]
    assert found.verdict is CheckVerdict.FAIL
    assert "does not know what its clients prepared" in found.detail
    assert "PgBouncer 1.21 or newer with max_prepared_statements" in found.hint
    assert "pool_mode = session" in found.hint
    app = create_app(settings)
    answer = app.test_client().get("/health/ready")
    app.extensions[EXTENSION].close()
    failed = {check["name"] for check in answer.get_json()["checks"] if not check["ok"]}
    assert (answer.status_code, "pooler" in failed) == (503, True)


def test_settings_that_do_not_arrive_are_named(template: str) -> None:
    with cloned(template) as world, behind(world, any_program(), mode="session") as pooled:
        with owner_of(world) as conn:
            for name in ("lock_timeout", "jit"):
                role, database = make_url(world.app_url).username, make_url(world.app_url).database
                conn.exec_driver_sql(f'ALTER ROLE "{role}" IN DATABASE "{database}" RESET {name}')
        found = {finding.name: finding for finding in examine(pooled.settings(), environ={})}["pooler"]
    assert found.verdict is CheckVerdict.FAIL
    assert "lock_timeout" in found.detail
    assert "statement_timeout" not in found.detail
    assert "geo-assign db upgrade" in found.hint
