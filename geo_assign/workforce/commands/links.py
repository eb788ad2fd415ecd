"""Links between two things, kept as rows: exactly those that are wanted."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Column, delete
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx


def set_links(tx: Tx, owner: Column[UUID], linked: Column[UUID], *, of: UUID, to: Iterable[object]) -> None:
    """Make the rows of `owner`'s table that belong to `of` be those that name `to`, no more and no fewer."""
    table = owner.table
    wanted = sorted(set(to), key=str)
    tx.conn.execute(delete(table).where(table.c.org_id == tx.org_id, owner == of, linked.not_in(wanted)))
    if wanted:
        rows = [{"org_id": tx.org_id, owner.name: of, linked.name: value} for value in wanted]
        tx.conn.execute(insert(table).on_conflict_do_nothing(), rows)
