"""What the service is measured against: statements whose text is fixed here, so that the yardstick stays the same.

They say what the service's own statements said when they were written down; when those change, these do not. Parameters
are written `:name`, as pgbench writes them.
"""

import re

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

BEGIN = "BEGIN"
TENANT = "SELECT set_config('app.org_id', :org_id, true)"
COMMIT = "COMMIT"

TOKEN = """
SELECT k.id, k.name, k.scopes,
       ARRAY(SELECT l.store_id FROM api_key_stores l WHERE l.org_id = k.org_id AND l.api_key_id = k.id)
FROM api_keys k
WHERE k.org_id = :org_id::uuid AND k.token_hash = :key_hash::bytea AND k.revoked_at IS NULL
"""

_ORIGIN = "ST_SetSRID(ST_MakePoint(:lon::float8 / 1000000, :lat::float8 / 1000000), 4326)::geography"

# The five nearest who may go to a point now, for one store: every filter of such a question, an hour's slot from now,
# no travel buffer, radius 50 km, positions of the last hour. Points are in millionths of a degree. The order is said by
# its name: pgbench sends a variable once for each time it is written, so the same words are not the same value, and a
# walk through the index would be followed by a sort of everything it passed.
NEAREST = f"""
SELECT p.technician_id, t.name, t.provider_id IS NOT NULL AS provider, p.distance_m, p.sphere_m, p.lat, p.lon,
    p.recorded_at, p.used_at, p.accuracy_m, p.provenance,
    (SELECT count(*) FROM bookings b
     WHERE b.org_id = :org_id::uuid AND b.technician_id = t.id AND b.state IN ('offered', 'assigned')
       AND b.occupied_until > date_trunc('day', now()) AND b.starts_at < date_trunc('day', now()) + interval '1 day'
       AND b.ends_at > date_trunc('day', now())) AS today,
    (SELECT count(*) FROM bookings b
     WHERE b.org_id = :org_id::uuid AND b.technician_id = t.id AND b.state = 'assigned'
       AND b.occupied_until > date_trunc('day', now()) - interval '30 days' AND b.ends_at <= now()) AS overdue,
    (SELECT count(*) FROM offers o
     WHERE o.org_id = :org_id::uuid AND o.technician_id = t.id AND o.state = 'offered') AS open_offers
FROM (
    SELECT c.technician_id, c.lat, c.lon, c.recorded_at, c.used_at, c.heard_at, c.accuracy_m, c.mock, c.implausible,
           'live' AS provenance, c.geog <-> {_ORIGIN} AS sphere_m, ST_Distance(c.geog, {_ORIGIN}) AS distance_m
    FROM current_positions c
    WHERE c.org_id = :org_id::uuid
    ORDER BY sphere_m
    LIMIT 256) p
JOIN technicians t ON t.org_id = :org_id::uuid AND t.id = p.technician_id
WHERE t.active
  AND t.store_id = :store_id::uuid
  AND t.on_duty
  AND NOT (t.provider_id IS NOT NULL AND EXISTS (
    SELECT FROM service_providers v
    WHERE v.org_id = :org_id::uuid AND v.id = t.provider_id AND (NOT v.active OR v.valid_until <= now())))
  AND p.heard_at > now() - interval '15 minutes'
  AND p.used_at >= now() - interval '1 hour'
  AND NOT p.mock
  AND NOT p.implausible
  AND NOT (t.week_minutes IS NOT NULL AND NOT t.week_minutes @> (
    SELECT int4range(w.minute, w.minute + greatest(1, w.minutes))
    FROM stores s,
    LATERAL (SELECT now() AT TIME ZONE s.timezone AS f, (now() + interval '1 hour') AT TIME ZONE s.timezone AS u) l,
    LATERAL (SELECT
        ((extract(isodow FROM l.f)::int - 1) * 1440 + extract(hour FROM l.f)::int * 60 + extract(minute FROM l.f)::int)
            AS minute,
        ceil(extract(epoch FROM l.u - l.f) / 60)::int AS minutes) w
    WHERE s.org_id = :org_id::uuid AND s.id = t.store_id))
  AND NOT EXISTS (
    SELECT FROM time_off f
    WHERE f.org_id = :org_id::uuid AND f.technician_id = t.id
      AND f.ends_at > now() AND f.starts_at < now() + interval '1 hour')
  AND NOT EXISTS (
    SELECT FROM bookings b
    WHERE b.org_id = :org_id::uuid AND b.technician_id = t.id AND b.state IN ('offered', 'assigned')
      AND b.occupied_until > now() AND b.occupied_from < now() + interval '1 hour')
  AND 1 > (
    SELECT count(*) FROM offers o
    WHERE o.org_id = :org_id::uuid AND o.technician_id = t.id AND o.state = 'offered')
  AND p.distance_m <= 50000
ORDER BY p.sphere_m
LIMIT 5
"""

# A batch of positions, unjudged: into the track, and the newest of each technician to the current position.
POSITIONS = """
WITH sent AS (
    SELECT * FROM unnest(
        :technicians::uuid[], :recorded_at::timestamptz[], :lat::float8[], :lon::float8[], :accuracy_m::real[],
        :speed_mps::real[], :heading_deg::real[], :battery::real[]
    ) AS u (technician_id, recorded_at, lat, lon, accuracy_m, speed_mps, heading_deg, battery)
), kept AS (
    INSERT INTO position_track (
        org_id, technician_id, lat, lon, recorded_at, device, used_at, received_at, accuracy_m, speed_mps, heading_deg,
        battery)
    SELECT :org_id::uuid, technician_id, lat, lon, recorded_at, :device::text, recorded_at, now(), accuracy_m,
           speed_mps, heading_deg, battery
    FROM sent
    ON CONFLICT DO NOTHING
)
INSERT INTO current_positions AS c (
    org_id, technician_id, lat, lon, recorded_at, device, used_at, received_at, accuracy_m, speed_mps, heading_deg,
    battery, heard_at, changed_at)
SELECT DISTINCT ON (technician_id) :org_id::uuid, technician_id, lat, lon, recorded_at, :device::text, recorded_at,
       now(), accuracy_m, speed_mps, heading_deg, battery, now(), now()
FROM sent
ORDER BY technician_id, recorded_at DESC
ON CONFLICT (org_id, technician_id) DO UPDATE SET
    lat = excluded.lat, lon = excluded.lon, recorded_at = excluded.recorded_at, device = excluded.device,
    used_at = excluded.used_at, received_at = excluded.received_at, accuracy_m = excluded.accuracy_m,
    speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg, battery = excluded.battery,
    heard_at = excluded.heard_at, changed_at = excluded.changed_at
WHERE excluded.used_at > c.used_at
"""

STATEMENTS = {"tenant": TENANT, "token": TOKEN, "nearest": NEAREST, "positions": POSITIONS}


def numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1`, `$2` and so on, as a server prepares it, and the names in that order."""
    names: dict[str, int] = {}
    text = _PARAMETER.sub(lambda match: f"${names.setdefault(match.group(1), len(names) + 1)}", statement)
    return text, tuple(names)


def named(statement: str) -> str:
    """The statement with `%(name)s`, as the driver takes it."""
    return _PARAMETER.sub(r"%(\1)s", statement)


def pgbench_script(area: tuple[int, int, int, int]) -> str:
    """The whole transaction at a random point of `area`: south, north, west, east in millionths of a degree."""
    south, north, west, east = area
    lines = [f"\\set lat random({south}, {north})", f"\\set lon random({west}, {east})"]
    statements = (BEGIN, TENANT, TOKEN, NEAREST, COMMIT)
    return "\n".join([*lines, *(f"{' '.join(text.split())};" for text in statements), ""])
