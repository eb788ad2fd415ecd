"""Each subquery names its tenant: how that is seen, and that it holds for every statement of the hot path.

What else the suite runs is judged while it runs: see `tests/conftest.py`.
"""

import pytest

from tests.statements import every_statement
from tests.tenants import correlated

UNNAMED = {
    "a list in brackets": (
        "SELECT w.id FROM work_orders AS w WHERE w.org_id = %(org_id_1)s::UUID AND w.id IN "
        "(SELECT b.work_order_id FROM bookings AS b WHERE b.org_id = w.org_id AND b.technician_id = %(t_1)s::UUID)"
    ),
    "exists": (
        "SELECT t.id FROM technicians t WHERE t.org_id = ($1::UUID) AND EXISTS "
        "(SELECT 1 FROM time_off WHERE time_off.org_id = t.org_id AND time_off.technician_id = t.id)"
    ),
    "turned round": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = %(o)s AND EXISTS "
        "(SELECT 1 FROM offers o WHERE w.org_id = o.org_id AND o.work_order_id = w.id)"
    ),
    "joined to what is not named": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = %(o)s AND (SELECT count(*) FROM offers o JOIN technicians a "
        "ON a.org_id = o.org_id AND a.id = o.technician_id WHERE o.org_id = w.org_id) > 0"
    ),
    "in a column": (
        "SELECT w.id, (SELECT count(*) FROM offers o WHERE o.org_id = w.org_id) AS offers FROM work_orders w "
        "WHERE w.org_id = %(org)s"
    ),
    "two levels down": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.id IN (SELECT o.work_order_id FROM offers o "
        "WHERE o.org_id = $1 AND NOT EXISTS (SELECT 1 FROM bookings b WHERE b.org_id = w.org_id))"
    ),
    "one side of a union": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.id IN (SELECT o.work_order_id FROM offers o "
        "WHERE o.org_id = $1 UNION SELECT b.work_order_id FROM bookings b WHERE b.org_id = w.org_id)"
    ),
    "in an update": (
        "UPDATE work_orders SET version = 2 WHERE work_orders.org_id = %(o)s AND EXISTS "
        "(SELECT * FROM offers WHERE offers.org_id = work_orders.org_id)"
    ),
}
NAMED = {
    "a parameter at each level": (
        "SELECT w.id FROM work_orders AS w WHERE w.org_id = %(org_id_1)s::UUID AND w.id IN "
        "(SELECT b.work_order_id FROM bookings AS b WHERE b.org_id = %(org_id_2)s::UUID)"
    ),
    "beside the row's": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND EXISTS "
        "(SELECT 1 FROM offers o WHERE o.org_id = w.org_id AND o.org_id = ($1::UUID))"
    ),
    "a join in one level": (
        "SELECT w.id FROM work_orders w JOIN stores s ON s.org_id = w.org_id AND s.id = w.store_id WHERE w.org_id = $1"
    ),
    "a join in a subquery": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.id IN (SELECT o.work_order_id FROM offers o "
        "JOIN technicians t ON t.org_id = o.org_id AND t.id = o.technician_id WHERE o.org_id = $1)"
    ),
    "of all organizations": (
        "SELECT w.id FROM webhooks w WHERE EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.org_id = w.org_id)"
    ),
    "in a literal": (
        "SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.id IN (SELECT o.id FROM offers o "
        "WHERE o.org_id = $1 AND o.note = '(SELECT o.org_id = w.org_id')"
    ),
}


@pytest.mark.parametrize("statement", UNNAMED.values(), ids=UNNAMED)
def test_a_tenant_that_only_the_row_around_tells_is_seen(statement: str) -> None:
    assert correlated(statement)


@pytest.mark.parametrize("statement", NAMED.values(), ids=NAMED)
def test_a_tenant_that_is_named_is_seen_too(statement: str) -> None:
    assert correlated(statement) == []


def test_every_statement_of_the_hot_path_names_its_tenant_at_each_level() -> None:
    made = every_statement()
    assert len(made) > 20
    assert [found for one in made for found in correlated(one.text.decode())] == []
