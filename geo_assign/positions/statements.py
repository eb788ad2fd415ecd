"""The statements behind recording positions: lock, read, look for repetitions, write, hear.

Their plans depend neither on what is sent nor on how much there is: every row is looked up by its key. Left to itself
the planner makes a new plan each time, because the few rows in sight look cheaper than the unknown number that a
general plan must assume, and planning takes longer than the work; and a general plan made while the tables were small
would read them through for each technician. So the lock, which comes first, also says how the others are planned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    REAL,
    Boolean,
    Double,
    FromClause,
    Integer,
    Table,
    Text,
    Update,
    Uuid,
    and_,
    cast,
    collate,
    column,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.expression import CTE

from geo_assign.core.expressions import word
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import NoRow, Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.positions.tables import current_positions, position_track
from geo_assign.workforce.tables import duty_intervals, stores, technicians

_FLOATS: ARRAY[float] = ARRAY(Double())
_INSTANTS: ARRAY[datetime] = ARRAY(INSTANT)
_INTEGERS: ARRAY[int] = ARRAY(Integer())
_TEXTS: ARRAY[str] = ARRAY(Text())
_BOOLEANS: ARRAY[bool] = ARRAY(Boolean())
_UUIDS: ARRAY[UUID] = ARRAY(Uuid())
_LONG_AGO = cast(word("-infinity"), INSTANT)

_GIVEN = Parameters(
    org_id=Uuid(),
    space=Integer(),
    keys=_INTEGERS,
    technicians=_UUIDS,
    oldest=_INSTANTS,
    recorded=_INSTANTS,
    since=INSTANT,
    received_at=INSTANT,
)
# The rows of the track, column by column; `who`, `device`, `flags` and `event` are numbers into lists.
_TRACK = Parameters(
    who=_INTEGERS,
    device=_INTEGERS,
    recorded_at=_INSTANTS,
    used_at=_INSTANTS,
    lat=_FLOATS,
    lon=_FLOATS,
    accuracy_m=_FLOATS,
    speed_mps=_FLOATS,
    heading_deg=_FLOATS,
    battery=_FLOATS,
    mock=_BOOLEANS,
    flags=_INTEGERS,
    event=_INTEGERS,
)
_LISTS = Parameters(devices=_TEXTS, flag_lists=_TEXTS, events=_TEXTS)
# Where those who moved are now; `moved` is the number of the track's row.
_MOVED = Parameters(
    moved=_INTEGERS,
    implausible=_BOOLEANS,
    simulated=_BOOLEANS,
    plausible_lat=_FLOATS,
    plausible_lon=_FLOATS,
    plausible_at=_INSTANTS,
    ahead_until=_INSTANTS,
)
_MEASURED = (
    "lat",
    "lon",
    "recorded_at",
    "device",
    "used_at",
    "received_at",
    "accuracy_m",
    "speed_mps",
    "heading_deg",
    "battery",
    "mock",
    "flags",
)


class LockRow(NamedTuple):
    plans: str
    scans: str
    locked: int


class KnownStateRow(NamedTuple):
    """What is known of one technician; before the first position `used_at`, and whatever follows it, is None."""

    id: UUID
    on_duty: bool
    read_at: datetime
    mock_positions: str | None
    freshness_s: float | None
    started: Sequence[datetime]
    ended: Sequence[datetime | None]
    used_at: datetime | None
    recorded_at: datetime
    device: str
    lat: float
    lon: float
    heard_at: datetime
    mock: bool
    implausible: bool
    plausible_lat: float
    plausible_lon: float
    plausible_at: datetime
    ahead_until: datetime | None


class KnownRow(NamedTuple):
    technician_id: UUID
    recorded_at: datetime
    device: str


class HeldRow(NamedTuple):
    """The number of a row that the track held already."""

    n: int


def _columns(name: str, arrays: Mapping[str, AnyColumn], *, ordinality: str | None = None) -> FromClause:
    """Array parameters side by side as the columns of a set of rows, by the names of the columns."""
    types: dict[str, Any] = {one: array.type for one, array in arrays.items()}
    columns = [column(one, kind.item_type) for one, kind in types.items()]
    rows = func.unnest(*arrays.values()).table_valued(*columns, with_ordinality=ordinality)
    return rows.render_derived(name=name)


def _arrays(parameters: Parameters) -> dict[str, AnyColumn]:
    return {name: getattr(parameters, name) for name in parameters}


def _lock(plans: str = "force_generic_plan") -> AnySelect:
    key = func.unnest(_GIVEN.keys).column_valued("key")
    return select(
        func.set_config("plan_cache_mode", plans, true()).label("plans"),
        func.set_config("enable_seqscan", "off", true()).label("scans"),
        func.count(func.pg_advisory_xact_lock(_GIVEN.space, key)).label("locked"),
    )


def _read() -> AnySelect:
    asked = _columns("asked", {"id": _GIVEN.technicians, "oldest": _GIVEN.oldest})
    t = _by_key(technicians, asked.c.id, "on_duty", "store_id", beside=asked)
    s = _by_key(stores, t.c.store_id, "settings", beside=t)
    c = current_positions.alias("c")
    duty = _duty_since(asked)
    settings = s.c.settings
    joined = (
        asked.join(t, true())
        .join(s, true())
        .outerjoin(c, and_(c.c.org_id == _GIVEN.org_id, c.c.technician_id == asked.c.id))
        .join(duty, true())
    )
    known = KnownStateRow._fields[KnownStateRow._fields.index("used_at") :]
    return select(
        asked.c.id,
        t.c.on_duty,
        func.clock_timestamp().label("read_at"),
        settings["mock_positions"].astext.label("mock_positions"),
        settings["freshness_s"].astext.cast(Double).label("freshness_s"),
        duty.c.started,
        duty.c.ended,
        *(c.c[name] for name in known),
    ).select_from(joined)


def _by_key(table: Table, key: AnyColumn, *names: str, beside: FromClause) -> FromClause:
    """Columns of the one row with this id, for each row `beside`.

    While the planner does not know how many rows there are, any index that begins with the organization looks as good
    to it as the key. So they are asked for in the key's order, as the first of a range: in a range from one id to the
    same id that order counts, which it does not beside an id that is equal. The limit keeps the lookup apart.
    """
    t = table.c
    one = select(*(t[name] for name in names)).where(t.org_id == _GIVEN.org_id, t.id.between(key, key))
    return one.order_by(t.id).limit(1).correlate(beside).lateral(f"{table.name}_by_key")


def _duty_since(asked: FromClause) -> FromClause:
    """Duty since `asked.oldest`.

    Intervals of one technician follow one another: the one that covers a time is the last that began by then.
    """
    i, e, nothing = duty_intervals.alias("i"), duty_intervals.alias("e"), cast(word("{}"), _INSTANTS)
    began = (
        select(func.max(e.c.started_at))
        .where(e.c.org_id == _GIVEN.org_id, e.c.technician_id == asked.c.id, e.c.started_at <= asked.c.oldest)
        .correlate_except(e)
        .scalar_subquery()
    )
    return (
        select(
            func.coalesce(func.array_agg(i.c.started_at), nothing).label("started"),
            func.coalesce(func.array_agg(i.c.ended_at), nothing).label("ended"),
        )
        .where(
            i.c.org_id == _GIVEN.org_id,
            i.c.technician_id == asked.c.id,
            i.c.started_at >= func.coalesce(began, _LONG_AGO),
        )
        .correlate(asked)
        .lateral("duty")
    )


def _known() -> AnySelect:
    asked = _columns("asked", {"id": _GIVEN.technicians, "recorded_at": _GIVEN.recorded})
    k = position_track.alias("track")
    same = and_(k.c.org_id == _GIVEN.org_id, k.c.technician_id == asked.c.id, k.c.recorded_at == asked.c.recorded_at)
    rows = select(k.c.technician_id, k.c.recorded_at, k.c.device).select_from(asked.join(k, same))
    return rows.where(k.c.used_at >= _GIVEN.since)


def _write() -> AnySelect:
    """Add to the track, move the current positions, and name the rows that the track held already."""
    sent = _sent()
    kept = (
        insert(position_track)
        .from_select(["org_id", "technician_id", *_MEASURED, "event"], select(*_measured(sent), sent.c.event))
        .on_conflict_do_nothing()
        .returning(*(position_track.c[name] for name in ("technician_id", "recorded_at", "device")))
        .cte("kept")
    )
    same = and_(*(sent.c[name] == kept.c[name] for name in ("technician_id", "recorded_at", "device")))
    held = select(sent.c.n).select_from(sent.outerjoin(kept, same)).where(kept.c.technician_id.is_(None))
    return held.add_cte(_moved(sent))


def _sent() -> CTE:
    """The rows as the track will hold them, numbered from 1."""
    u = _columns("u", _arrays(_TRACK), ordinality="n")
    return select(
        u.c.n,
        _GIVEN.technicians[u.c.who].label("technician_id"),
        _LISTS.devices[u.c.device].label("device"),
        u.c.recorded_at,
        u.c.used_at,
        u.c.lat,
        u.c.lon,
        *(_measurement(u.c[name]) for name in ("accuracy_m", "speed_mps", "heading_deg", "battery")),
        u.c.mock,
        func.string_to_array(_LISTS.flag_lists[u.c.flags], ",", type_=_TEXTS).label("flags"),
        _LISTS.events[u.c.event].label("event"),
    ).cte("sent")


def _measurement(value: AnyColumn) -> AnyColumn:
    """What was not sent, or not sane, travels as NaN."""
    return cast(func.nullif(value, cast(word("NaN"), Double)), REAL).label(value.key)


def _measured(sent: FromClause, **instead: AnyColumn) -> tuple[AnyColumn, ...]:
    values = {"received_at": _GIVEN.received_at, **instead}
    measured = (values[name] if name in values else sent.c[name] for name in _MEASURED)
    return _GIVEN.org_id, sent.c.technician_id, *measured


def _moved(sent: FromClause) -> CTE:
    """The newest position of each technician who moved.

    The guard repeats what the judgement knows: a writer without the lock cannot move a technician back either. Devices
    compare by their bytes, as they do in Python.
    """
    m = _columns("m", _arrays(_MOVED))
    state = {
        "heard_at": _GIVEN.received_at,
        "changed_at": _GIVEN.received_at,
        "implausible": m.c.implausible,
        "plausible_lat": m.c.plausible_lat,
        "plausible_lon": m.c.plausible_lon,
        "plausible_at": m.c.plausible_at,
        "ahead_until": func.nullif(m.c.ahead_until, _LONG_AGO),
    }
    rows = (
        select(*_measured(sent, mock=m.c.simulated), *state.values())
        .select_from(m.join(sent, sent.c.n == m.c.moved))
        .order_by(sent.c.technician_id)
    )
    place = insert(current_positions).from_select(["org_id", "technician_id", *_MEASURED, *state], rows)
    new, old = place.excluded, current_positions.c
    changed = {name: new[name] for name in (*_MEASURED, *state)}
    newer = tuple_(new.used_at, new.recorded_at, collate(new.device, "C")) > tuple_(
        old.used_at, old.recorded_at, collate(old.device, "C")
    )
    return place.on_conflict_do_update(
        index_elements=["org_id", "technician_id"],
        set_=changed | {"heard_at": func.greatest(old.heard_at, new.heard_at)},
        where=newer,
    ).cte("moved")


def _hear() -> Update:
    asked = _columns("asked", {"id": _GIVEN.technicians, "ahead_until": _MOVED.ahead_until})
    c = current_positions.c
    return (
        update(current_positions)
        .values(
            heard_at=func.greatest(c.heard_at, _GIVEN.received_at),
            ahead_until=func.nullif(asked.c.ahead_until, _LONG_AGO),
        )
        .where(c.org_id == _GIVEN.org_id, c.technician_id == asked.c.id)
    )


LOCK = Statement.of(LockRow, _lock())
"""Take the advisory locks `keys` until the transaction ends, and set how what follows is planned."""
LOCK_DISTRIBUTED = Statement.of(LockRow, _lock("auto"))
"""The same on a distributed database: a plan that knows no organization knows no server to ask."""
READ = Statement.of(KnownStateRow, _read())
"""What is known of each of `technicians`, with the duty since `oldest`, and the present instant."""
KNOWN = Statement.of(KnownRow, _known())
"""Which device times `recorded` of `technicians` the track holds already, used at `since` or later."""
WRITE = Statement.of(HeldRow, _write())
"""Add rows to the track and move current positions; the rows that the track held already."""
HEAR = Statement.of(NoRow, _hear())
"""Note that `technicians` were heard from without having moved."""
