"""That the orders by which Insight is measured are what it counts, summed by what the worker runs."""

from datetime import timedelta
from uuid import UUID

import psycopg

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database
from geo_assign.insight.domain import InsightQuestion
from geo_assign.insight.queries import get_insight
from tests.conftest import World
from tests.insight.masses import sum_all, write_year

ORGANIZATION, ORDERS = UUID(int=1), 1_000


def test_a_year_of_orders_is_written_summed_and_told(world: World, database: Database) -> None:
    with psycopg.connect(world.admin_url, autocommit=True) as conn:
        conn.execute("INSERT INTO organizations (org_id, slug, name) VALUES (%s, 'mass', 'Mass')", [ORGANIZATION])
    write_year(world, ORGANIZATION, ORDERS)
    assert sum_all(world, database) > 0
    with database.transaction(ORGANIZATION) as tx:
        within = (tx.now() - timedelta(days=366), tx.now())
        told = get_insight(tx, EVERYTHING, InsightQuestion(within, tx.now()))
    assert sum(hour.orders for hour in told.demand) == ORDERS
    assert told.acceptance.accepted + told.acceptance.rejected == ORDERS * 7 // 10
    assert sum(one.orders for one in told.waiting) > 0
    assert len(told.load) == 200
    assert all([told.chosen, told.places, told.duty])
