"""What is known of positions. Who may see whom is for the callers to decide: location is private."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Integer, Uuid, column, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.tables import INSTANT
from geo_assign.positions.domain import CurrentPosition
from geo_assign.positions.tables import current_positions, position_track


def find_current_position(tx: Tx, technician_id: UUID) -> CurrentPosition | None:
    """The newest position of one technician, on duty or not."""
    columns = current_positions.c
    found = tx.conn.execute(
        select(*(columns[name] for name in CurrentPosition.__dataclass_fields__)).where(
            columns.org_id == tx.org_id, columns.technician_id == technician_id
        )
    )
    row = found.mappings().one_or_none()
    return None if row is None else CurrentPosition(**{**row, "flags": tuple(row["flags"])})


def find_places_at(tx: Tx, moments: Sequence[tuple[UUID, datetime]], *, fresh: timedelta) -> list[Point | None]:
    """Where each technician was at that moment, by the track, if a position then was no older than `fresh`."""
    if not moments:
        return []
    columns = (column("technician_id", Uuid()), column("at", INSTANT))
    arrays = (
        literal([technician_id for technician_id, _ in moments], ARRAY(Uuid())),
        literal([at for _, at in moments], ARRAY(INSTANT)),
    )
    asked = func.unnest(*arrays).table_valued(*columns, with_ordinality="n").render_derived(name="asked")
    p = position_track.alias("p")
    place = (
        select(p.c.lat, p.c.lon)
        .where(
            p.c.org_id == tx.org_id,
            p.c.technician_id == asked.c.technician_id,
            p.c.used_at <= asked.c["at"],
            p.c.used_at >= asked.c["at"] - fresh,
        )
        .order_by(p.c.used_at.desc())
        .limit(1)
        .correlate(asked)
        .lateral("place")
    )
    found: list[Point | None] = [None] * len(moments)
    for row in tx.conn.execute(select(asked.c.n.cast(Integer), place.c.lat, place.c.lon).join(place, true())):
        found[row.n - 1] = Point(row.lat, row.lon)
    return found
