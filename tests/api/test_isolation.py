"""Organizations cannot see each other: through the API, and in SQL with the application out of the way."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors as pg_errors
from psycopg import sql

import geo_assign.schema  # noqa: F401  (registers every table)
from geo_assign.core.tables import metadata
from tests.api.neighbours import Neighbours
from tests.api.samples import OPERATIONS, SAMPLES, request_of
from tests.conftest import World

TABLES = sorted(metadata.tables)
READS = [name for name in OPERATIONS if name.startswith("GET") and name != "GET /v1/live"]
LISTS = [name for name in READS if not SAMPLES[name].ids and not name.startswith("GET /v1/me/")]
# What the application may never change in any organization.
_REFUSED = (pg_errors.InsufficientPrivilege,)


@pytest.fixture(scope="module")
def filled(neighbours: Neighbours, shared_world: World) -> Neighbours:
    """Both organizations with a row in every table."""
    for house in (neighbours.ours, neighbours.theirs):
        _fill_the_rest(house.org_id, house.things, shared_world)
    return neighbours


@pytest.fixture(scope="module")
def connections(shared_world: World) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """One connection of each role: to open one takes longer than a test."""
    with (
        psycopg.connect(shared_world.app_url) as application,
        psycopg.connect(shared_world.worker_url) as worker,
        psycopg.connect(shared_world.admin_url, autocommit=True) as owner,
    ):
        yield {"application": application, "worker": worker, "owner": owner}


@pytest.fixture
def as_application(connections: dict[str, psycopg.Connection[Any]]) -> Iterator[psycopg.Connection[Any]]:
    """The application role, in a transaction that is rolled back."""
    yield connections["application"]
    connections["application"].rollback()


@pytest.fixture
def as_worker(connections: dict[str, psycopg.Connection[Any]]) -> Iterator[psycopg.Connection[Any]]:
    """The worker role, in a transaction that is rolled back."""
    yield connections["worker"]
    connections["worker"].rollback()


@pytest.fixture
def as_owner(connections: dict[str, psycopg.Connection[Any]]) -> psycopg.Connection[Any]:
    return connections["owner"]


# Through the API ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in READS if SAMPLES[name].ids])
def test_an_id_of_the_others_is_not_found(neighbours: Neighbours, name: str) -> None:
    theirs = _get(neighbours, name, neighbours.theirs.things)
    assert theirs.status_code == 404, theirs.get_data(as_text=True)


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_what_the_others_have(neighbours: Neighbours, name: str) -> None:
    request = request_of(name, neighbours.ours.things) | {"query_string": {}}
    shown = _open(neighbours, request).get_data(as_text=True)
    ids = {id_ for kind, id_ in neighbours.theirs.things.items() if kind != "absent"}
    assert [id_ for id_ in ids if id_ in shown] == []
    assert neighbours.theirs.org_id not in shown


@pytest.mark.parametrize("name", [name for name in LISTS if SAMPLES[name].query])
def test_asking_for_their_part_of_a_list_finds_nothing(neighbours: Neighbours, name: str) -> None:
    answer = _get(neighbours, name, neighbours.theirs.things)
    assert answer.status_code == 404 or answer.get_json()["items"] == []


def _get(neighbours: Neighbours, name: str, things: dict[str, str]) -> Any:
    return _open(neighbours, request_of(name, things))


def _open(neighbours: Neighbours, request: dict[str, Any]) -> Any:
    headers = {**request.pop("headers", {}), "Authorization": f"Bearer {neighbours.ours.token('root')}"}
    return neighbours.app.test_client().open(headers=headers, **request)


# In SQL, as the application role ------------------------------------------------------------------------------------


def test_every_table_is_walked_with_rows_of_both(filled: Neighbours, as_owner: psycopg.Connection[Any]) -> None:
    empty = {
        (table, house.org_id)
        for table in TABLES
        for house in (filled.ours, filled.theirs)
        if _count(as_owner, table, house.org_id) == 0
    }
    assert empty == set()


@pytest.mark.parametrize("table", TABLES)
def test_set_to_one_organization_the_others_rows_are_not_there(
    filled: Neighbours, as_application: psycopg.Connection[Any], table: str
) -> None:
    _set_to(as_application, filled.ours.org_id)
    assert _count(as_application, table, filled.ours.org_id) > 0
    assert _count(as_application, table, filled.theirs.org_id) == 0
    organizations = sql.SQL("SELECT count(DISTINCT org_id) FROM {}").format(sql.Identifier(table))
    assert as_application.execute(organizations).fetchone() == (1,)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_the_others_cannot_be_written(
    filled: Neighbours,
    as_application: psycopg.Connection[Any],
    as_owner: psycopg.Connection[Any],
    table: str,
) -> None:
    columns, values = _a_row(as_owner, table, filled.theirs.org_id)
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    _set_to(as_application, filled.ours.org_id)
    with pytest.raises(pg_errors.InsufficientPrivilege) as refusal:
        as_application.execute(insert, values)
    assert refusal.value.sqlstate == "42501"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET org_id = org_id WHERE org_id = %s", "DELETE FROM {} WHERE org_id = %s"]
)
def test_rows_of_the_others_cannot_be_touched(
    filled: Neighbours, as_application: psycopg.Connection[Any], table: str, statement: str
) -> None:
    _set_to(as_application, filled.ours.org_id)
    query = sql.SQL(statement).format(sql.Identifier(table))
    try:
        touched = as_application.execute(query, [filled.theirs.org_id]).rowcount
    except _REFUSED:
        privilege = statement.partition(" ")[0]
        assert privilege not in metadata.tables[table].info["app"], f"{privilege} was granted on {table}"
    else:
        assert touched == 0


@pytest.mark.parametrize("table", [name for name in TABLES if "UPDATE" in metadata.tables[name].info["app"]])
def test_a_row_of_ours_cannot_be_given_away(
    filled: Neighbours, as_application: psycopg.Connection[Any], table: str
) -> None:
    _set_to(as_application, filled.ours.org_id)
    move = sql.SQL("UPDATE {} SET org_id = %s").format(sql.Identifier(table))
    with pytest.raises(pg_errors.InsufficientPrivilege):
        as_application.execute(move, [filled.theirs.org_id])


@pytest.mark.parametrize("setting", [None, ""])
def test_without_an_organization_nothing_is_there(
    filled: Neighbours, as_application: psycopg.Connection[Any], setting: str | None
) -> None:
    del filled
    if setting is not None:
        as_application.execute("SELECT set_config('app.org_id', %s, true)", [setting])
    count = sql.SQL("SELECT count(*) FROM {}")
    seen = {table: as_application.execute(count.format(sql.Identifier(table))).fetchone() for table in TABLES}
    assert {table: number for table, number in seen.items() if number != (0,)} == {}


def test_the_track_is_read_through_its_one_door(shared_world: World) -> None:
    with psycopg.connect(shared_world.admin_url) as owner:
        partitions = owner.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid "
            "WHERE i.inhparent = 'position_track'::regclass"
        ).fetchall()
    assert partitions
    for url in (shared_world.app_url, shared_world.worker_url):
        with psycopg.connect(url) as conn:
            for (partition,) in partitions:
                row = conn.execute("SELECT has_table_privilege(%s, 'SELECT')", [partition]).fetchone()
                assert row == (False,), partition


def test_the_setting_ends_with_its_transaction(filled: Neighbours, as_application: psycopg.Connection[Any]) -> None:
    _set_to(as_application, filled.ours.org_id)
    as_application.commit()
    assert _count(as_application, "work_orders", filled.ours.org_id) == 0


# As the worker role -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_the_worker_is_let_into_the_tables_it_sweeps_and_no_others(
    filled: Neighbours, as_worker: psycopg.Connection[Any], table: str
) -> None:
    granted = metadata.tables[table].info["worker"]
    if "SELECT" not in granted:
        with pytest.raises(pg_errors.InsufficientPrivilege):
            as_worker.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table)))
        return
    assert _count(as_worker, table, filled.ours.org_id) > 0
    assert _count(as_worker, table, filled.theirs.org_id) > 0
    for privilege in {"INSERT", "UPDATE", "DELETE"} - set(granted):
        allowed = as_worker.execute("SELECT has_table_privilege(%s, %s)", [table, privilege]).fetchone()
        assert allowed == (False,), privilege


# What the tests above are made of -----------------------------------------------------------------------------------


def _set_to(conn: psycopg.Connection[Any], org_id: str) -> None:
    conn.execute("SELECT set_config('app.org_id', %s, true)", [org_id])


def _count(conn: psycopg.Connection[Any], table: str, org_id: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE org_id = %s").format(sql.Identifier(table))
    row = conn.execute(query, [org_id]).fetchone()
    assert row is not None
    return int(row[0])


def _a_row(owner: psycopg.Connection[Any], table: str, org_id: str) -> tuple[list[str], list[Any]]:
    """A row that is there already, as the owner sees it: nothing but row security stands against writing it."""
    given = [column for column in metadata.tables[table].columns if not column.computed and not column.identity]
    plain = [column.name for column in given]
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in plain)
    query = sql.SQL("SELECT {} FROM {} WHERE org_id = %s LIMIT 1").format(columns, sql.Identifier(table))
    row = owner.execute(query, [org_id]).fetchone()
    assert row is not None, table
    return plain, list(row)


def _fill_the_rest(org_id: str, things: dict[str, str], world: World) -> None:
    """Rows of what the story of `neighbours` does not touch."""
    values = {"org_id": UUID(org_id), **{kind: UUID(id_) for kind, id_ in things.items()}}
    with psycopg.connect(world.admin_url, autocommit=True) as owner:
        for statement in _REST:
            owner.execute(statement, values)


_REST = (
    """INSERT INTO handover_reads (org_id, note_id, user_id, user_name, read_at)
    VALUES (%(org_id)s, %(handover_note)s, %(user)s, 'Desk', now()) ON CONFLICT DO NOTHING""",
    """INSERT INTO undo_steps (org_id, user_id, work_order_id, transaction_id, kinds, at, event_id, before)
    VALUES (%(org_id)s, %(user)s, %(work_order)s, 1, '{assigned}', now(), %(work_order)s, '{}')
    ON CONFLICT DO NOTHING""",
    """INSERT INTO drives (org_id, work_order_id, store_id, provider, hour, began_at, estimated_s, told_s)
    VALUES (%(org_id)s, %(work_order)s, %(store)s, 'straight_line', 9, now(), 600, 600) ON CONFLICT DO NOTHING""",
    """INSERT INTO insight_days (org_id, store_id, day, timezone, begins_at, ends_at, summed_at, version)
    VALUES (%(org_id)s, %(store)s, '2031-03-01', 'UTC', now(), now(), now(), 1) ON CONFLICT DO NOTHING""",
    """INSERT INTO insight_sums (org_id, store_id, day, part, counts, loads)
    VALUES (%(org_id)s, %(store)s, '2031-03-01', 1, '', '') ON CONFLICT DO NOTHING""",
    """INSERT INTO usage_days (org_id, day, pings) VALUES (%(org_id)s, '2031-03-01', 1)""",
    """INSERT INTO location_views
    (org_id, technician_id, minute, viewer_id, how, viewer_kind, viewer_name, first_at, last_at, count)
    VALUES (%(org_id)s, %(technician)s, date_trunc('minute', now()), %(user)s, 'map', 'user', 'Desk', now(), now(), 1)
    ON CONFLICT DO NOTHING""",
    """INSERT INTO live_views
    (org_id, technician_id, hour, viewer_id, viewer_kind, viewer_name, minutes, first_at, last_at)
    VALUES (%(org_id)s, %(technician)s, date_trunc('hour', now()), %(user)s, 'user', 'Desk', 1, now(), now())
    ON CONFLICT DO NOTHING""",
    """INSERT INTO silences (org_id, id, technician_id, began_at, ended_at, ended_by)
    VALUES (%(org_id)s, %(user)s, %(technician)s, now(), now(), 'heard')""",
    """INSERT INTO webhook_attempts (org_id, delivery_id, number, at, duration_ms)
    VALUES (%(org_id)s, %(delivery)s, 1, now(), 1)""",
    """INSERT INTO hours_exceptions (org_id, technician_id, local_date, spans, updated_at)
    VALUES (%(org_id)s, %(technician)s, '2031-03-01', '[]', now())""",
    """INSERT INTO saved_views (org_id, user_id, name, content, updated_at)
    VALUES (%(org_id)s, %(user)s, 'pending', '{}', now())""",
    """INSERT INTO second_factors (org_id, user_id, secret_encrypted, created_at)
    VALUES (%(org_id)s, %(user)s, '', now())""",
    """INSERT INTO single_sign_on (org_id, issuer, client_id, created_at, updated_at)
    VALUES (%(org_id)s, 'https://login.example', 'client', now(), now())""",
    """INSERT INTO identities (org_id, issuer, subject, user_id, created_at)
    VALUES (%(org_id)s, 'https://login.example', 'subject', %(user)s, now())""",
    """INSERT INTO recovery_codes (org_id, user_id, code_hash) VALUES (%(org_id)s, %(user)s, '')""",
    """INSERT INTO map_keys (org_id, owner_kind, owner_id, provider, created_at, updated_at)
    VALUES (%(org_id)s, 'store', %(store)s, 'gazetteer', now(), now())""",
    """INSERT INTO geocode_usage (org_id, owner_kind, owner_id, day, requests)
    VALUES (%(org_id)s, 'store', %(store)s, current_date, 1)""",
    """INSERT INTO geocode_cache (org_id, provider, cache_key, outcome, created_at, expires_at)
    VALUES (%(org_id)s, 'gazetteer', 'key', '{}', now(), now())""",
    """INSERT INTO idempotency_keys
    (org_id, caller_id, route, key, request_hash, resource_id, created_at, expires_at)
    VALUES (%(org_id)s, %(user)s, 'create_lead', 'key', 'hash', %(work_order)s, now(), now())""",
    "INSERT INTO event_feeds (org_id, position) VALUES (%(org_id)s, 1) ON CONFLICT DO NOTHING",
    """INSERT INTO mails (org_id, link_id, token_encrypted, next_attempt_at, created_at)
    VALUES (%(org_id)s, %(invitation)s, '\\x00', now(), now())""",
    """INSERT INTO push_subscriptions (org_id, id, technician_id, session_id, service, address_encrypted, endpoint_hash,
    created_at, updated_at) SELECT org_id, id, %(technician)s, id, 'https://push.example', '', id::text::bytea, now(),
    now() FROM sessions WHERE org_id = %(org_id)s LIMIT 1""",
    """INSERT INTO push_messages (org_id, subscription_id, work_order_id, message_id, kind, expires_at, next_attempt_at,
    created_at) SELECT org_id, id, id, id, 'offer', now(), now(), now() FROM push_subscriptions
    WHERE org_id = %(org_id)s""",
    """INSERT INTO batch_previews (org_id, id, caller_id, plan, created_at, expires_at)
    VALUES (%(org_id)s, %(work_order)s, %(user)s, '{}', now(), now())""",
    """INSERT INTO work_order_images (org_id, id, work_order_id, kind, media_type, width_px, height_px, size_bytes,
    sha256, content, technician_id, created_at)
    VALUES (%(org_id)s, %(work_order)s, %(work_order)s, 'signature', 'image/png', 1, 1, 1, '0', '0', %(technician)s,
    now())""",
    """INSERT INTO customer_links (org_id, id, work_order_id, token_hash, token_encrypted, created_at, created_by)
    VALUES (%(org_id)s, %(work_order)s, %(work_order)s, '0', '0', now(), '{}')""",
    """INSERT INTO spent_challenges (org_id, api_key_id, challenge_hash, spent_at)
    VALUES (%(org_id)s, %(api_key)s, '0', now())""",
)
