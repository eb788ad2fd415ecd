"""The SQL of nearest available: one text per shape of question, made once and kept.

The walk goes outward from the origin through the index on `(org_id, geog)` in windows: a window is the innermost
so-many rows, the filters stand around it, and the statement stops at the k-th who passes. So the usual question reads
a few rows, and one that nobody near can answer is bounded: the next window is only opened while the radius is not
exhausted. A skill that few people have turns the walk round: it starts from those who have it.

The staff of providers that work from their base are found by a walk of their own, merged with the first, through an
index that is empty where there are none.
"""

from functools import lru_cache

from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters import PROVIDER_IS_FULL, active_filters, scope_condition
from geo_assign.workorders.domain import HOLDING, OfferState
from geo_assign.workorders.queries.coarse import IS_COARSE

_HOLDING = ", ".join(f"'{state}'" for state in HOLDING)
ORIGIN = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"

_NO_TIMES = """NULL::timestamptz AS recorded_at, NULL::timestamptz AS used_at, NULL::timestamptz AS heard_at,
       NULL::real AS accuracy_m, false AS mock, false AS implausible"""

# Where people are now. `sphere_m` orders the walk, `distance_m` is the geodesic that ranks.
_WITH_PHONES = f"""
SELECT c.technician_id, c.lat, c.lon, c.recorded_at, c.used_at, c.heard_at, c.accuracy_m, c.mock, c.implausible,
       'live' AS provenance, c.geog <-> {ORIGIN} AS sphere_m, ST_Distance(c.geog, {ORIGIN}) AS distance_m
FROM current_positions c
WHERE c.org_id = %(org_id)s
ORDER BY c.geog <-> {ORIGIN}
LIMIT :window:"""

_OF_BASE = f"""b.id AS technician_id, b.base_lat AS lat, b.base_lon AS lon, {_NO_TIMES},
       'home_base' AS provenance, b.base_geog <-> {ORIGIN} AS sphere_m,
       ST_Distance(b.base_geog, {ORIGIN}) AS distance_m"""
_AT_BASE = f"""
SELECT {_OF_BASE}
FROM technicians b
WHERE b.org_id = %(org_id)s AND b.at_base
ORDER BY b.base_geog <-> {ORIGIN}
LIMIT :window:"""
_LIVE = f"({_WITH_PHONES}) UNION ALL ({_AT_BASE})"

_PHONES_WITH_SKILL = f"""
SELECT c.technician_id, c.lat, c.lon, c.recorded_at, c.used_at, c.heard_at, c.accuracy_m, c.mock, c.implausible,
       'live' AS provenance, c.geog <-> {ORIGIN} AS sphere_m, ST_Distance(c.geog, {ORIGIN}) AS distance_m
FROM technician_skills k
JOIN current_positions c ON c.org_id = k.org_id AND c.technician_id = k.technician_id
WHERE k.org_id = %(org_id)s AND k.skill = %(rare_skill)s
ORDER BY sphere_m
LIMIT :window:"""
_AT_BASE_WITH_SKILL = f"""
SELECT {_OF_BASE}
FROM technician_skills k
JOIN technicians b ON b.org_id = k.org_id AND b.id = k.technician_id AND b.at_base
WHERE k.org_id = %(org_id)s AND k.skill = %(rare_skill)s
ORDER BY sphere_m
LIMIT :window:"""
_LIVE_WITH_SKILL = f"({_PHONES_WITH_SKILL}) UNION ALL ({_AT_BASE_WITH_SKILL})"

# Where people will be when a later slot starts: at the end of the last booking before it on that local day, else where
# they start the day. Two walks, joined: the day's bookings are few, the bases have an index.
_EARLIER_THAT_DAY = f"""b.org_id = %(org_id)s AND b.state IN ({_HOLDING}, 'done') AND w.geog IS NOT NULL
      AND b.occupied_until > %(day_start)s AND b.ends_at <= %(slot_start)s
      AND b.work_order_id IS DISTINCT FROM %(work_order_id)s"""
_STARTS_FROM_STORE = """b.home_lat IS NULL AND NOT EXISTS (
           SELECT FROM service_providers v
           WHERE v.org_id = b.org_id AND v.id = b.provider_id AND v.base_lat IS NOT NULL)"""
_PLANNED = f"""
WITH previous AS MATERIALIZED (
    SELECT DISTINCT ON (b.technician_id) b.technician_id, w.lat, w.lon, w.geog
    FROM bookings b JOIN work_orders w ON w.org_id = b.org_id AND w.id = b.work_order_id
    WHERE {_EARLIER_THAT_DAY}
    ORDER BY b.technician_id, b.ends_at DESC)
(SELECT v.technician_id, v.lat, v.lon, {_NO_TIMES},
       'previous_appointment' AS provenance, v.geog <-> {ORIGIN} AS sphere_m,
       ST_Distance(v.geog, {ORIGIN}) AS distance_m
 FROM previous v ORDER BY sphere_m LIMIT :window:)
UNION ALL
(SELECT b.id, b.base_lat, b.base_lon, {_NO_TIMES},
       CASE WHEN {_STARTS_FROM_STORE} THEN 'store' ELSE 'home_base' END, b.base_geog <-> {ORIGIN},
       ST_Distance(b.base_geog, {ORIGIN})
 FROM technicians b
 WHERE b.org_id = %(org_id)s AND NOT EXISTS (SELECT FROM previous v WHERE v.technician_id = b.id)
 ORDER BY b.base_geog <-> {ORIGIN} LIMIT :window:)
ORDER BY sphere_m
LIMIT :window:"""

# Whoever is at his provider's base is not where a phone of his may be.
_IN_HIS_PLACE = "NOT (t.at_base AND p.provenance = 'live')"

_OF_PROVIDER = """t.provider_id, (
        SELECT v.name FROM service_providers v WHERE v.org_id = %(org_id)s AND v.id = t.provider_id) AS provider_name"""

# Whoever is at his provider's base needs no duty.
# A home is where somebody lives: as close as the policy for positions, never closer.
_IS_COARSE = f"""(t.home_lat IS NOT NULL AND NOT t.at_base AND p.provenance = 'home_base'
        OR NOT t.at_base AND {IS_COARSE}) AS coarse"""

_OF_PERSON = f"""t.name, t.on_duty OR t.at_base AS on_duty, p.distance_m, p.used_at, p.heard_at, t.skills,
    t.duty_changed_at, {_OF_PROVIDER},
    CASE WHEN t.provider_id IS NOT NULL THEN {PROVIDER_IS_FULL} END AS provider_full_at,
    {_IS_COARSE}"""

_WORKLOAD = f"""
    (SELECT count(*) FROM bookings b
     WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state IN ({_HOLDING})
       AND b.occupied_until > %(day_start)s AND b.starts_at < %(day_end)s AND b.ends_at > %(day_start)s) AS today,
    (SELECT count(*) FROM bookings b
     WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state = 'assigned'
       AND b.occupied_until > %(day_start)s - interval '30 days' AND b.ends_at <= %(at)s) AS overdue,
    (SELECT count(*) FROM offers o
     WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.state = '{OfferState.OFFERED}') AS open_offers"""


# The same for the technician `t` of the statement around it.
_ONE_LIVE = f"""
    SELECT c.used_at, c.heard_at, c.mock, c.implausible, 'live' AS provenance,
        ST_Distance(c.geog, {ORIGIN}) AS distance_m
    FROM current_positions c WHERE c.org_id = %(org_id)s AND c.technician_id = t.id
    UNION ALL
    SELECT NULL, NULL, false, false, 'home_base', ST_Distance(t.base_geog, {ORIGIN}) WHERE t.at_base"""
_ONE_PLANNED = f"""
    SELECT {_NO_TIMES}, CASE WHEN previous.geog IS NULL THEN 'home_base' ELSE 'previous_appointment' END AS provenance,
        ST_Distance(coalesce(previous.geog, t.base_geog), {ORIGIN}) AS distance_m
    FROM (SELECT) AS always
    LEFT JOIN LATERAL (
        SELECT w.geog FROM bookings b JOIN work_orders w ON w.org_id = b.org_id AND w.id = b.work_order_id
        WHERE {_EARLIER_THAT_DAY} AND b.technician_id = t.id
        ORDER BY b.ends_at DESC LIMIT 1) previous ON true"""

# The people of a small store or group, one by one, where walking outwards would pass too many others. The inner LIMITs
# keep the planner from measuring the way to everybody there is.
FEW = 2_000
_OF_STORE = f"""
    SELECT m.id FROM technicians m WHERE m.org_id = %(org_id)s AND m.store_id = %(store_id)s LIMIT {FEW}"""
_OF_GROUP = f"""
    SELECT m.technician_id FROM technician_groups m
    WHERE m.org_id = %(org_id)s AND m.group_id = %(group_id)s LIMIT {FEW}"""
_OF_PROVIDERS = "SELECT m.id FROM technicians m WHERE m.org_id = %(org_id)s AND m.provider_id IS NOT NULL"
COUNT_EXTERNALS = f"SELECT count(*) AS n FROM ({_OF_PROVIDERS} LIMIT %(rare)s) m"
_MEMBERS_LIVE = f"""
SELECT c.technician_id, c.lat, c.lon, c.recorded_at, c.used_at, c.heard_at, c.accuracy_m, c.mock, c.implausible,
       'live' AS provenance, c.geog <-> {ORIGIN} AS sphere_m, ST_Distance(c.geog, {ORIGIN}) AS distance_m
FROM (:members:) m (id), LATERAL (
    SELECT c.* FROM current_positions c WHERE c.org_id = %(org_id)s AND c.technician_id = m.id LIMIT 1) c
UNION ALL
SELECT {_OF_BASE}
FROM technicians b
WHERE b.org_id = %(org_id)s AND b.at_base AND b.id IN (:members:)"""
_MEMBERS_PLANNED = f"""
SELECT t.id AS technician_id, coalesce(w.lat, t.base_lat) AS lat, coalesce(w.lon, t.base_lon) AS lon, {_NO_TIMES},
       CASE WHEN w.geog IS NULL THEN 'home_base' ELSE 'previous_appointment' END AS provenance,
       coalesce(w.geog, t.base_geog) <-> {ORIGIN} AS sphere_m,
       ST_Distance(coalesce(w.geog, t.base_geog), {ORIGIN}) AS distance_m
FROM (:members:) m (id), LATERAL (
    SELECT t.* FROM technicians t WHERE t.org_id = %(org_id)s AND t.id = m.id LIMIT 1) t
LEFT JOIN LATERAL (
    SELECT w.lat, w.lon, w.geog FROM bookings b JOIN work_orders w ON w.org_id = b.org_id AND w.id = b.work_order_id
    WHERE {_EARLIER_THAT_DAY} AND b.technician_id = t.id
    ORDER BY b.ends_at DESC LIMIT 1) w ON true"""


_MEMBERS_OF_GROUP = """
    SELECT m.technician_id FROM technician_groups m WHERE m.org_id = %(org_id)s AND m.group_id = %(group_id)s"""

# What does not depend on the slot.
_LASTING = frozenset(
    {ExclusionCode.INACTIVE, ExclusionCode.WRONG_GROUP, ExclusionCode.MISSING_SKILL, ExclusionCode.OFFER_LIMIT}
)


def workload_sql(day_start: str, day_end: str) -> str:
    """The columns of the workload of technician `t`, on a day that other expressions bound."""
    return _WORKLOAD.replace("%(day_start)s", day_start).replace("%(day_end)s", day_end)


def candidates_sql(question: Question, window: int, *, rare_skill: bool) -> str:
    """The innermost %(fetch)s of the `window` who pass every filter, in order of the sphere."""
    return _candidates(_source(question, window, rare_skill=rare_skill), _where(question))


def members_sql(question: Question) -> str:
    """The same of those who belong to the question's group, or else its store, however far: of FEW people at most."""
    return _of(_OF_STORE if question.group_id is None else _OF_GROUP, question)


def externals_sql(question: Question) -> str:
    """The same of everybody who belongs to a service provider, however far."""
    return _of(_OF_PROVIDERS, question)


def excluded_sql(question: Question, window: int) -> str:
    """The people of the scope within the window, each with the codes that exclude him ('{}' when none does)."""
    source = _source(question, window, rare_skill=False)
    return _explanation(source, tuple(active_filters(question).items()), scope_condition(question))


def edge_sql(question: Question, window: int) -> str:
    """How far the last row of the window lies; no row when the window is not full."""
    if not question.is_soon:
        return _edge("technicians c", "c.base_geog", window=window)
    phones = _edge("current_positions c", "c.geog", window=window)
    at_base = _edge("technicians c", "c.base_geog", window=window, where="AND c.at_base")
    return f"({phones}) UNION ALL ({at_base}) ORDER BY sphere_m LIMIT 1"


def one_sql(question: Question) -> str:
    """The same for one technician, %(technician_id)s, wherever he is, or will be before a later slot."""
    place = _ONE_LIVE if question.is_soon else _ONE_PLANNED
    return _one(place, tuple(active_filters(question).items()), scope_condition(question))


def each_sql(question: Question) -> str:
    """The same for each of %(technician_ids)s."""
    return one_sql(question).replace("= %(technician_id)s", "= ANY(%(technician_ids)s::uuid[])")


def several_sql(question: Question) -> str:
    """Of %(technician_ids)s, those of the scope whom no filter excludes, wherever they are or will be."""
    place = _ONE_LIVE if question.is_soon else _ONE_PLANNED
    return _several(place, _where(question))


def people_sql(question: Question) -> str:
    """The people whom nothing excludes that holds whatever the slot, by distance of their base: the first %(fetch)s.

    With %(technician_ids)s only these.
    """
    belongs = "t.store_id = %(store_id)s" if question.group_id is None else f"t.id IN ({_MEMBERS_OF_GROUP})"
    named = "%(technician_ids)s::uuid[] IS NULL OR t.id = ANY(%(technician_ids)s::uuid[])"
    lasting = (condition for code, condition in active_filters(question).items() if code in _LASTING)
    passes = "\n  AND ".join(f"({condition}) IS FALSE" for condition in lasting)
    return f"""
SELECT t.id, t.name, {_OF_PROVIDER}, ST_Distance(t.base_geog, {ORIGIN}) AS base_m,
    {_STARTS_FROM_STORE.replace("b.", "t.")} AS from_store, t.home_lat IS NOT NULL AND NOT t.at_base AS from_home,
    CASE WHEN t.at_base THEN ST_Distance(t.base_geog, {ORIGIN}) ELSE (
        SELECT ST_Distance(c.geog, {ORIGIN}) FROM current_positions c
        WHERE c.org_id = %(org_id)s AND c.technician_id = t.id) END AS live_m,
    NOT t.at_base AND {IS_COARSE} AS coarse
FROM technicians t
WHERE t.org_id = %(org_id)s AND {belongs} AND ({named}) AND {scope_condition(question)}
  AND {passes}
ORDER BY base_m, t.id
LIMIT %(fetch)s"""


STOPS = f"""
SELECT b.technician_id, b.occupied_from, b.occupied_until, b.ends_at, b.state IN ({_HOLDING}) AS holds,
    ST_Distance(w.geog, {ORIGIN}) AS distance_m
FROM bookings b JOIN work_orders w ON w.org_id = b.org_id AND w.id = b.work_order_id
WHERE b.org_id = %(org_id)s AND b.technician_id = ANY(%(technician_ids)s::uuid[]) AND b.state IN ({_HOLDING}, 'done')
  AND b.occupied_until > %(within_start)s AND b.occupied_from < %(within_end)s
ORDER BY b.technician_id, b.ends_at"""
"""What %(technician_ids)s have or had between two instants, each with its distance to the origin in metres."""


COUNT_SKILL = """
SELECT k.skill, count(*) FROM unnest(%(skills)s::text[]) AS s (skill),
LATERAL (SELECT s.skill FROM technician_skills x WHERE x.org_id = %(org_id)s AND x.skill = s.skill LIMIT %(rare)s) k
GROUP BY k.skill"""

UNPOSITIONED = """
SELECT t.id, t.name, t.on_duty, t.active, t.duty_changed_at, {OF_PROVIDER}
FROM (SELECT * FROM technicians t WHERE t.org_id = %(org_id)s AND {scope} ORDER BY t.id LIMIT %(window)s) t
WHERE NOT t.at_base AND NOT EXISTS (
    SELECT FROM current_positions c WHERE c.org_id = %(org_id)s AND c.technician_id = t.id)
ORDER BY t.name, t.id
LIMIT %(fetch)s"""


def unpositioned_sql(question: Question) -> str:
    """People of the scope of whom no position was ever received."""
    return UNPOSITIONED.format(scope=scope_condition(question), OF_PROVIDER=_OF_PROVIDER)


def _edge(table: str, column: str, *, window: int, where: str = "") -> str:
    return f"""
SELECT {column} <-> {ORIGIN} AS sphere_m FROM {table} WHERE c.org_id = %(org_id)s {where}
ORDER BY {column} <-> {ORIGIN} OFFSET {int(window) - 1} LIMIT 1"""


def _of(members: str, question: Question) -> str:
    source = _MEMBERS_LIVE if question.is_soon else _MEMBERS_PLANNED
    return _candidates(source.replace(":members:", members), _where(question))


def _source(question: Question, window: int, *, rare_skill: bool) -> str:
    # The window stands in the text: a planner that does not know a LIMIT guesses a tenth of the table.
    live = _LIVE_WITH_SKILL if rare_skill else _LIVE
    return (live if question.is_soon else _PLANNED).replace(":window:", str(int(window)))


def _where(question: Question) -> tuple[str, ...]:
    # IS FALSE, not NOT: the planner turns NOT EXISTS into joins, plans those for longer than they run, and where it
    # does not know the values it joins the few who are near with every booking there is.
    passes = (f"({condition}) IS FALSE" for condition in active_filters(question).values())
    return (scope_condition(question), _IN_HIS_PLACE, *passes)


@lru_cache(maxsize=256)
def _candidates(source: str, conditions: tuple[str, ...]) -> str:
    where = "\n  AND ".join(conditions)
    return f"""
SELECT p.technician_id, t.name, {_OF_PROVIDER}, p.distance_m, p.sphere_m, p.lat, p.lon,
    p.recorded_at, p.used_at, p.accuracy_m, p.provenance, {_IS_COARSE}, {_WORKLOAD}
FROM ({source}) p
JOIN technicians t ON t.org_id = %(org_id)s AND t.id = p.technician_id
WHERE {where}
ORDER BY p.sphere_m
LIMIT %(fetch)s"""


def _codes(filters: tuple[tuple[ExclusionCode, str], ...]) -> str:
    cases = ",\n    ".join(f"CASE WHEN {condition} THEN '{code}' END" for code, condition in filters)
    return f"array_remove(ARRAY[\n    {cases}], NULL) AS codes"


@lru_cache(maxsize=256)
def _explanation(source: str, filters: tuple[tuple[ExclusionCode, str], ...], scope: str) -> str:
    return f"""
SELECT p.technician_id, {_OF_PERSON}, {_codes(filters)}
FROM ({source}) p
JOIN technicians t ON t.org_id = %(org_id)s AND t.id = p.technician_id
WHERE {scope} AND {_IN_HIS_PLACE}
ORDER BY p.sphere_m"""


@lru_cache(maxsize=256)
def _several(place: str, conditions: tuple[str, ...]) -> str:
    where = "\n  AND ".join(conditions)
    return f"""
SELECT t.id
FROM technicians t
JOIN LATERAL ({place}) p ON {_IN_HIS_PLACE}
WHERE t.org_id = %(org_id)s AND t.id = ANY(%(technician_ids)s::uuid[])
  AND {where}"""


@lru_cache(maxsize=256)
def _one(place: str, filters: tuple[tuple[ExclusionCode, str], ...], scope: str) -> str:
    return f"""
SELECT t.id AS technician_id, {_OF_PERSON}, {_codes(filters)}
FROM technicians t
LEFT JOIN LATERAL ({place}) p ON {_IN_HIS_PLACE}
WHERE t.org_id = %(org_id)s AND t.id = %(technician_id)s AND {scope}"""
