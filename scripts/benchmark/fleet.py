"""An invented fleet of any size, written by SQL as the owner, and the credentials that the measurements use."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg

from geo_assign.access.domain import TokenKind, new_token

# South, north, west, east in millionths of a degree: the middle of where the fleet is.
AREA = (40_350_000, 41_950_000, -9_410_000, -7_810_000)
DEVICE = "bench"
_PHONES = 192
_KEYS = 24


@dataclass(frozen=True)
class Phone:
    """A technician's device with its session."""

    technician_id: UUID
    token: str


@dataclass(frozen=True)
class Fleet:
    """`keys` are API keys that may read: several, because one alone would run into its rate limit.

    `desk_key` may create leads, too. `desk_token` is the session of an administrator, who may give them out.
    """

    org_id: UUID
    store_id: UUID
    keys: tuple[str, ...]
    key_hash: bytes
    phones: tuple[Phone, ...]
    desk_key: str
    desk_token: str
    technicians: int


def replace_fleet(owner_url: str, technicians: int) -> Fleet:
    """Empty the database and write one organization with one store and this many technicians."""
    with psycopg.connect(owner_url) as conn:
        conn.execute("TRUNCATE organizations CASCADE")
        org_id, store_id = uuid4(), uuid4()
        given = {"org_id": org_id, "store_id": store_id, "technicians": technicians}
        for statement in _SEED:
            conn.execute(statement, given)
        phones = _add_phones(conn, org_id)
        keys, key_hash = _add_keys(conn, org_id, _KEYS, ["read"])
        (desk_key,), _ = _add_keys(conn, org_id, 1, ["read", "leads:write"])
        desk_token = _add_desk(conn, org_id)
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE)")
    return Fleet(org_id, store_id, keys, key_hash, phones, desk_key, desk_token, technicians)


def _add_phones(conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID) -> tuple[Phone, ...]:
    rows = conn.execute(_FIRST_TECHNICIANS, {"org_id": org_id, "phones": _PHONES}).fetchall()
    phones = []
    for (technician_id,) in rows:
        assert isinstance(technician_id, UUID)
        token, token_hash = new_token(TokenKind.SESSION, org_id)
        values = {"org_id": org_id, "id": technician_id, "user_id": uuid4(), "hash": token_hash, "device": DEVICE}
        for statement in _PHONE:
            conn.execute(statement, values)
        phones.append(Phone(technician_id, token))
    return tuple(phones)


def _add_desk(conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID) -> str:
    token, token_hash = new_token(TokenKind.SESSION, org_id)
    values = {"org_id": org_id, "user_id": uuid4(), "hash": token_hash, "device": None}
    for statement in (_ADMINISTRATOR, _SESSION):
        conn.execute(statement, values)
    return token


def _add_keys(
    conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID, number: int, scopes: list[str]
) -> tuple[tuple[str, ...], bytes]:
    made = [new_token(TokenKind.API_KEY, org_id) for _ in range(number)]
    for turn, (text, token_hash) in enumerate(made):
        values = {"org_id": org_id, "id": uuid4(), "hash": token_hash, "hint": text[-4:], "scopes": scopes}
        conn.execute(_KEY, {**values, "name": f"bench {scopes[-1]} {turn}"})
    return tuple(text for text, _ in made), made[0][1]


# Half of them in twelve towns, the others all over two degrees; six of ten on duty and heard of in the last minutes, a
# fifth of those with a visit in the next hours; the first ones have phones and no visits. No phone may fall silent
# during the measurement, so the store's freshness is an hour, and all phones count as heard from for an hour.
_SEED = (
    "SELECT setseed(0.42)",
    "INSERT INTO organizations (org_id, slug, name) VALUES (%(org_id)s, 'bench', 'Bench Repairs')",
    """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, settings, created_at, updated_at)
VALUES (%(org_id)s, %(store_id)s, 'bench', 'Bench', 'Europe/Lisbon', 41.15, -8.61, '{"freshness_s": 3600}', now(),
        now())""",
    """
CREATE TEMPORARY TABLE people ON COMMIT DROP AS
SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS order_id, n <= 192 OR duty < 0.6 AS on_duty, visit,
       CASE WHEN n %% 2 = 0 THEN 40.4 + (n / 2 %% 12) * 0.13 + 0.05 * away * cos(2 * pi() * b)
            ELSE 40.15 + 2 * a END AS lat,
       CASE WHEN n %% 2 = 0 THEN -9.3 + (n / 2 * 7 %% 12) * 0.12 + 0.05 * away * sin(2 * pi() * b)
            ELSE -9.61 + 2 * b END AS lon
FROM (SELECT n, a, b, sqrt(-2 * ln(1 - a)) AS away, duty, visit
      FROM (SELECT n, random() AS a, random() AS b, random() AS duty, random() AS visit
            FROM generate_series(1, %(technicians)s) AS n) AS drawn) AS bent""",
    """
INSERT INTO technicians (
    org_id, id, slug, name, store_id, skills, base_lat, base_lon, on_duty, duty_changed_at, created_at, updated_at)
SELECT %(org_id)s, id, 't' || n, 'Technician ' || n, %(store_id)s,
       CASE WHEN n %% 20 = 1 THEN '{repair,weld}'::text[] WHEN n %% 2 = 1 THEN '{laptop,repair}' ELSE '{repair}' END,
       lat, lon, on_duty, now() - interval '3 hours', now(), now()
FROM people""",
    """
INSERT INTO technician_skills (org_id, skill, technician_id)
SELECT org_id, unnest(skills), id FROM technicians WHERE org_id = %(org_id)s""",
    """
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
SELECT %(org_id)s, gen_random_uuid(), id, now() - CASE WHEN on_duty THEN interval '3 hours' ELSE interval '6 hours' END,
       CASE WHEN NOT on_duty THEN now() - interval '4 hours' END
FROM people""",
    """
INSERT INTO current_positions (
    org_id, technician_id, lat, lon, recorded_at, device, used_at, received_at, accuracy_m, heard_at, changed_at)
SELECT %(org_id)s, id, lat, lon, at, 'bench', at, at, 12, at + interval '1 hour', at
FROM people, LATERAL (SELECT now() - CASE WHEN on_duty THEN interval '40 s' ELSE interval '5 h' END AS at) AS seen""",
    """
INSERT INTO work_orders (
    org_id, id, kind, number, store_id, state, customer, lat, lon, location_source, slot_start, slot_end, slot_given,
    technician_id, created_by, changed_by, created_at, updated_at)
SELECT %(org_id)s, order_id, 'lead', n, %(store_id)s, 'assigned', '{"name": "A customer"}', lat, lon, 'client',
       starts, starts + interval '1 hour', true, id, '{"kind": "system"}', '{"kind": "system"}', now(), now()
FROM people, LATERAL (SELECT now() + (visit * 5) * interval '6 hours' AS starts) AS slot
WHERE on_duty AND n > 192 AND visit < 0.2""",
    """
INSERT INTO bookings (
    org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from, occupied_until,
    created_at, updated_at)
SELECT org_id, gen_random_uuid(), id, technician_id, 'primary', 'assigned', slot_start, slot_end, slot_start, slot_end,
       now(), now()
FROM work_orders WHERE org_id = %(org_id)s""",
)

_SESSION = """
INSERT INTO sessions (org_id, id, user_id, token_hash, kind, device, created_at, expires_at)
VALUES (%(org_id)s, gen_random_uuid(), %(user_id)s, %(hash)s, 'bearer', %(device)s, now(), now() + interval '1 day')"""

_ADMINISTRATOR = """
INSERT INTO users (org_id, id, email, name, role, created_at, updated_at)
VALUES (%(org_id)s, %(user_id)s, 'desk@bench.example', 'Desk', 'administrator', now(), now())"""

_FIRST_TECHNICIANS = """
SELECT id FROM technicians WHERE org_id = %(org_id)s AND slug IN (
    SELECT 't' || n FROM generate_series(1, %(phones)s) AS n)"""

_PHONE = (
    """
INSERT INTO users (org_id, id, email, name, role, created_at, updated_at)
VALUES (%(org_id)s, %(user_id)s, %(user_id)s || '@bench.example', 'Technician', 'technician', now(), now())""",
    "UPDATE technicians SET user_id = %(user_id)s WHERE org_id = %(org_id)s AND id = %(id)s",
    _SESSION,
)

_KEY = """
INSERT INTO api_keys (org_id, id, name, token_hash, hint, scopes, created_at)
VALUES (%(org_id)s, %(id)s, %(name)s, %(hash)s, %(hint)s, %(scopes)s, now())"""
