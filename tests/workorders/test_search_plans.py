"""That a search reads what it finds, as the application role; exhaustive runs ask a million work orders."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database, Tx
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders
from tests.conftest import World, cloned
from tests.plans import rows_read
from tests.thoroughness import times

ORGANIZATION = UUID(int=1)
ORDERS = times(10_000, 1_000_000)
PAGE = 50
_AT_ONCE = 50_000

# The first test fills the database, which is long when it comes last.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(times(300, 7_200))]

# Names of syllables, each number of them another; a phone, an address and an id for each.
FILL = """
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, customer, address, external_id, device, notes,
    slot_start, slot_end, slot_given, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || n)::uuid, 'lead', n, :org_id, 'cancelled',
       jsonb_build_object('name', initcap(s[1 + n % 20] || s[1 + n / 20 % 20]) || ' '
           || initcap(s[1 + n / 400 % 20] || s[1 + n / 8000 % 20] || s[1 + n / 160000 % 20]),
           'phone', '+351 9' || to_char(n * 61 % 99999989, 'FM00 000 000'), 'email', 'c' || n || '@example.com'),
       'Rua ' || initcap(s[1 + n % 19] || s[1 + n % 17] || s[1 + n % 13]) || ' ' || n % 200 || ', Porto',
       'EXT-' || n, '{"type": "phone", "brand": "Fable"}', 'ring twice', now(), now() + interval '1 hour', true,
       '{}', '{}', now() - n * interval '1 minute', now()
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n,
     (SELECT string_to_array('ba ke lo mi nu pé sã to vü za do fê gi ho ju ra ço tø xi wy', ' ')) AS syllables (s)
"""
STORE = """
INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, 'busy', 'Busy');
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :org_id, 'centre', 'Centre', 'Europe/Lisbon', 41.15, -8.61, now(), now())
"""
READ = text(
    "SELECT coalesce(sum(seq_tup_read), 0) + coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('work_orders', 'work_order_search')"
)


@pytest.fixture(scope="module")
def orders(filled: Callable[..., str]) -> Iterator[Tx]:
    """A transaction of the application role over all the work."""
    with cloned(filled("searched", _fill, "tests/workorders/test_search_plans.py")) as world:
        database = Database(world.app_url, pool_size=1)
        with database.transaction(ORGANIZATION) as tx:
            yield tx
        database.close()


@pytest.mark.parametrize(
    "words",
    ["{name}", "{turned}", "{phone}", "{spaced}", "{last} {street}", "EXT-4321", "c4321@example.com", "L-4321"],
)
def test_a_search_reads_what_it_finds(orders: Tx, words: str) -> None:
    row = orders.conn.execute(text("SELECT * FROM work_orders WHERE number = 4321")).one()
    name = row.customer["name"]
    typed = words.format(
        name=name,
        turned=" ".join(reversed(name.split())),
        phone=row.customer["phone"].replace(" ", "")[4:],
        spaced=row.customer["phone"],
        last=name.split()[1],
        street=row.address.split(",")[0],
    )
    before = orders.conn.execute(READ).scalar_one()
    page = list_work_orders(orders, EVERYTHING, WorkOrderFilter(text=typed), limit=PAGE, counted=True)
    read = orders.conn.execute(READ).scalar_one() - before
    assert row.id in [order.id for order in page.items]
    assert page.count is not None
    # Found in the index, read there once more, and again for the page and for the count.
    assert read <= 10 * page.count + max(1_000, ORDERS // 100)


@pytest.mark.parametrize("spelling", ["{phone}", "{national}", "{joined}", "{name} {national}", "00{phone}"])
def test_a_phone_is_found_by_its_end_and_not_by_parts_that_many_have(orders: Tx, spelling: str) -> None:
    """Each group is a part of hundreds of phones among ten thousand, and of a hundred times more among a million."""
    row = orders.conn.execute(text("SELECT * FROM work_orders WHERE number = 1640")).one()
    phone = row.customer["phone"]
    assert phone == "+351 900 100 040"
    typed = spelling.format(
        phone=phone.removeprefix("+"), national=phone[5:], joined=phone.replace(" ", ""), name=row.customer["name"]
    )
    before = orders.conn.execute(READ).scalar_one()
    page = list_work_orders(orders, EVERYTHING, WorkOrderFilter(text=typed), limit=PAGE, counted=True)
    assert [order.id for order in page.items] == [row.id]
    assert orders.conn.execute(READ).scalar_one() - before <= 10


def test_row_security_hides_the_index_from_the_applications_own_conditions(orders: Tx) -> None:
    """Why a function of the owner looks there: operators of text search are not leakproof."""
    condition = "FROM work_order_search WHERE org_id = CAST(:org_id AS uuid) AND text LIKE '%4321%'"
    asked = text(f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT work_order_id {condition}")
    (document,) = orders.conn.execute(asked, {"org_id": ORGANIZATION}).scalar_one()
    assert rows_read(document["Plan"], "work_order_search") >= ORDERS


def _fill(world: World) -> None:
    owner = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"))
    with owner.begin() as conn:
        for statement in STORE.split(";"):
            conn.execute(text(statement), {"org_id": ORGANIZATION})
    for first in range(1, ORDERS, _AT_ONCE):
        with owner.begin() as conn:
            last = min(first + _AT_ONCE - 1, ORDERS)
            conn.execute(text(FILL), {"org_id": ORGANIZATION, "first": first, "last": last})
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("VACUUM ANALYZE work_orders, work_order_search")
    owner.dispose()
