"""Two years of an invented organization's work orders, as many as wanted, written by SQL as the owner.

Nothing is drawn by chance: the same number of orders gives the same work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

ORGANIZATION = UUID(int=0xB)
STORES, GROUPS_EACH, TECHNICIANS = 20, 2, 1_000
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Work:
    """How many orders there are, ids of places and people by slug, and an order in the middle to be looked for."""

    org_id: UUID
    orders: int
    ids: Mapping[str, UUID]
    number: int
    name: str
    phone: str


def replace_orders(owner_url: str, orders: int) -> Work:
    """Empty the database and write one organization with this many work orders, their bookings and history."""
    with psycopg.connect(owner_url) as conn:
        conn.execute("TRUNCATE organizations CASCADE")
        given = {"org_id": ORGANIZATION, "stores": STORES, "groups": STORES * GROUPS_EACH, "technicians": TECHNICIANS}
        _run(conn, _PLACES, given)
    for first in range(1, orders + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, orders)
        with psycopg.connect(owner_url) as conn:
            conn.execute("SET LOCAL gin_pending_list_limit = '64MB'")
            _run(conn, _ORDERS, {**given, "orders": orders, "first": first, "last": last})
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE)")
        return find_work(conn, orders)


def find_work(conn: "psycopg.Connection[tuple[object, ...]]", orders: int) -> Work:
    """What `replace_orders` wrote."""
    row = conn.execute(_ONE, {"org_id": ORGANIZATION, "number": orders // 2}).fetchone()
    assert row is not None
    ids = {str(slug): UUID(str(found)) for slug, found in conn.execute(_IDS, {"org_id": ORGANIZATION})}
    return Work(ORGANIZATION, orders, ids, orders // 2, str(row[0]), str(row[1]))


def _run(conn: "psycopg.Connection[tuple[object, ...]]", statements: Sequence[str], given: dict[str, object]) -> None:
    for statement in statements:
        conn.execute(statement, given)


_IDS = """
SELECT slug, id FROM stores WHERE org_id = %(org_id)s UNION ALL
SELECT slug, id FROM service_groups WHERE org_id = %(org_id)s UNION ALL
SELECT slug, id FROM technicians WHERE org_id = %(org_id)s"""

_ONE = """
SELECT customer ->> 'name', customer ->> 'phone' FROM work_orders
WHERE org_id = %(org_id)s AND kind = 'lead' AND number = %(number)s"""

_PLACES = (
    "INSERT INTO organizations (org_id, slug, name) VALUES (%(org_id)s, 'years', 'Years of Repairs')",
    """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
SELECT %(org_id)s, md5('s' || n)::uuid, 's' || n, 'Store ' || n, 'Europe/Lisbon', 41.15 + n * 0.01, -8.61, now(), now()
FROM generate_series(0, %(stores)s - 1) n""",
    """
INSERT INTO service_groups (org_id, id, slug, name, store_id, created_at, updated_at)
SELECT %(org_id)s, md5('g' || n)::uuid, 'g' || n, 'Group ' || n, md5('s' || n %% %(stores)s)::uuid, now(), now()
FROM generate_series(0, %(groups)s - 1) n""",
    """
INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, created_at, updated_at)
SELECT %(org_id)s, md5('t' || n)::uuid, 't' || n, 'Technician ' || n, md5('s' || n %% %(stores)s)::uuid,
       41.15 + n %% %(stores)s * 0.01, -8.61, now(), now()
FROM generate_series(0, %(technicians)s - 1) n""",
)

# One after the other over two years, with a visit in the three days after. What lies in the future waits, is offered or
# assigned; of the past a fiftieth was left waiting, the others are done or were cancelled. One in five thousand needs a
# rare skill, one in a thousand carries an alarm, one in a hundred has no place.
_DRAWN = """
CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
SELECT n, md5('w' || n)::uuid AS id, created_at, slot_start, h %% 20 AS store, h %% 40 AS team, h %% 1000 AS technician,
       slot_start + CASE WHEN n %% 5003 = 0 THEN interval '3 days' ELSE interval '1 hour' END AS slot_end,
       CASE WHEN slot_start > now() THEN (ARRAY['pending', 'pending', 'offered', 'assigned'])[1 + n %% 4]
            WHEN n %% 50 = 0 THEN 'pending' WHEN n %% 17 = 0 THEN 'cancelled' ELSE 'completed' END AS state, h
FROM (SELECT n, created_at, abs(hashint4(n)) AS h,
             date_trunc('hour', created_at + abs(hashint4(n + 7)) %% 72 * interval '1 hour') AS slot_start
      FROM (SELECT n, now() - (%(orders)s - n) * (interval '730 days' / %(orders)s) AS created_at
            FROM generate_series(CAST(%(first)s AS integer), CAST(%(last)s AS integer)) n) numbered) timed"""

_ORDERS = (
    _DRAWN,
    """
INSERT INTO work_orders (org_id, id, kind, number, store_id, group_id, state, pending_reason, pending_detail, customer,
    address, lat, lon, location_source, location_confidence, slot_start, slot_end, slot_given, skills, device, priority,
    notes, external_id, technician_id, alarm, created_by, changed_by, created_at, updated_at)
SELECT %(org_id)s, id, CASE WHEN n %% 40 = 3 THEN 'ticket' ELSE 'lead' END, n, md5('s' || store)::uuid,
       CASE WHEN n %% 3 > 0 THEN md5('g' || team)::uuid END, state,
       CASE WHEN state = 'pending' THEN CASE WHEN n %% 900 = 0 THEN 'slot_passed' ELSE 'unassigned' END END,
       CASE WHEN state = 'pending' THEN '{}'::jsonb END,
       jsonb_build_object('name', initcap(s[1 + h %% 20] || s[1 + h / 20 %% 20]) || ' '
           || initcap(s[1 + h / 400 %% 20] || s[1 + h / 8000 %% 20] || s[1 + h / 160000 %% 20]),
           'phone', '+351 9' || to_char(n::bigint * 7919 %% 99999989, 'FM00 000 000')),
       'Rua ' || initcap(s[1 + h %% 19] || s[1 + h %% 17] || s[1 + h %% 13]) || ' ' || h %% 200 || ', Porto',
       CASE WHEN n %% 100 > 0 THEN 41.0 + h %% 3000 * 0.0001 END,
       CASE WHEN n %% 100 > 0 THEN -8.7 + h %% 2003 * 0.0001 END,
       CASE WHEN n %% 100 > 0 THEN 'geocoded' END, CASE WHEN n %% 100 > 0 THEN 'rooftop' END,
       slot_start, slot_end, true,
       CASE WHEN n %% 5000 = 1 THEN '{heat-pump}' WHEN n %% 100 = 2 THEN '{gas,phones}' WHEN n %% 2 = 0 THEN '{phones}'
            ELSE '{}'::text[] END,
       '{"type": "phone", "brand": "Fable"}', CASE WHEN n %% 10 = 0 THEN n %% 7 ELSE 0 END, 'ring twice',
       CASE WHEN n %% 2 = 0 THEN 'EXT-' || n END,
       CASE WHEN state IN ('assigned', 'completed') THEN md5('t' || technician)::uuid END,
       CASE WHEN n %% 1000 = 7 THEN jsonb_build_object('code', 'group_loop', 'at', created_at) END,
       '{"kind": "system", "id": "bench", "name": "Bench"}', '{"kind": "system", "id": "bench", "name": "Bench"}',
       created_at, created_at + interval '1 hour'
FROM drawn,
     (SELECT string_to_array('ba ke lo mi nu pé sã to vü za do fê gi ho ju ra ço tø xi wy', ' ')) syllables (s)""",
    """
INSERT INTO bookings (org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from,
    occupied_until, created_at, updated_at)
SELECT %(org_id)s, md5('b' || n)::uuid, id, md5('t' || technician)::uuid, 'primary', 'done', slot_start, slot_end,
       slot_start, slot_end, created_at, created_at
FROM drawn WHERE state = 'completed'""",
    """
INSERT INTO offers (org_id, id, work_order_id, technician_id, booking_id, automatic, state, offered_at, expires_at,
    responded_at)
SELECT %(org_id)s, md5('o' || n)::uuid, id, md5('t' || technician)::uuid, md5('b' || n)::uuid, true, 'accepted',
       created_at + interval '1 minute', created_at + interval '11 minutes',
       created_at + interval '1 minute' + h %% 600 * interval '1 second'
FROM drawn WHERE state = 'completed' AND n %% 3 > 0""",
    """
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state)
SELECT %(org_id)s, md5('e' || step || n)::uuid, id, created_at + step * interval '5 minutes', kind,
       '{"kind": "system", "id": "bench", "name": "Bench"}', after
FROM drawn, (VALUES (0, 'created', 'new'), (1, 'assigned', 'assigned'), (2, 'status_changed', 'completed'))
    steps (step, kind, after)
WHERE step = 0 OR drawn.state = 'completed'""",
)
