"""What is known of positions. Who may see whom is for the callers to decide: location is private."""

from uuid import UUID

from sqlalchemy import select

from geo_assign.core.db import Tx
from geo_assign.positions.domain import CurrentPosition
from geo_assign.positions.tables import current_positions


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
