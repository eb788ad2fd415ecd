"""Reads of handover notes: those that have not expired, of the caller's stores and groups."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, exists, or_, select, tuple_

from geo_assign.access.domain import Caller, Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.handover.domain import HandoverNote, LinkedOrder, NoteNotFoundError, NoteReader
from geo_assign.handover.tables import handover_notes, handover_reads
from geo_assign.workforce.visibility import select_seen_groups, select_seen_stores
from geo_assign.workorders.queries import list_numbers

_n, _r = handover_notes.c, handover_reads.c


def get_note(tx: Tx, scope: Scope, note_id: UUID) -> HandoverNote:
    """Raises NoteNotFoundError."""
    found = _list(tx, _n.id == note_id, *_open(tx, scope))
    if not found:
        raise NoteNotFoundError
    return found[0]


def list_notes(
    tx: Tx,
    caller: Caller,
    *,
    store_id: UUID | None = None,
    group_id: UUID | None = None,
    unread: bool = False,
    limit: int,
    cursor: str | None = None,
) -> Page[HandoverNote]:
    """Open notes, newest first. `unread`: without the caller's own and those that the caller has marked as read."""
    conditions = list(_open(tx, caller.scope))
    if store_id is not None:
        conditions.append(_n.store_id == store_id)
    if group_id is not None:
        conditions.append(_n.group_id == group_id)
    if unread:
        is_read = exists().where(_r.org_id == tx.org_id, _r.note_id == _n.id, _r.user_id == caller.id)
        conditions += [_n.author_id != caller.id, ~is_read]
    if cursor is not None:
        created_at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        conditions.append(tuple_(_n.created_at, _n.id) < tuple_(created_at, last_id))
    notes = _list(tx, *conditions, limit=limit + 1)
    return page(notes, limit, lambda note: (note.created_at.isoformat(), note.id))


def list_linked_orders(tx: Tx, scope: Scope, notes: Collection[HandoverNote]) -> Mapping[UUID, LinkedOrder]:
    """The work orders of these notes that the reader sees, by id."""
    wanted = {order_id for note in notes for order_id in note.work_order_ids}
    found = list_numbers(tx, scope, wanted) if wanted else {}
    return {order_id: LinkedOrder(order_id, number) for order_id, number in found.items()}


def _open(tx: Tx, scope: Scope) -> Sequence[ColumnElement[bool]]:
    """The conditions for a note to be there for the caller."""
    return (_n.org_id == tx.org_id, _n.expires_at > tx.now(), _is_seen(tx, scope))


def _is_seen(tx: Tx, scope: Scope) -> ColumnElement[bool]:
    viewer = viewer_of(tx, scope)
    stores, groups = select_seen_stores(viewer), select_seen_groups(viewer)
    return or_(
        and_(_n.group_id.is_(None), _n.store_id.in_(stores)),
        and_(_n.group_id.is_not(None), _n.group_id.in_(groups)),
    )


def _list(tx: Tx, *conditions: ColumnElement[bool], limit: int | None = None) -> list[HandoverNote]:
    statement = select(handover_notes).where(*conditions).order_by(_n.created_at.desc(), _n.id.desc()).limit(limit)
    rows = tx.conn.execute(statement).mappings().all()
    readers = _readers(tx, [row["id"] for row in rows])
    return [_note(row, readers[row["id"]]) for row in rows]


def _readers(tx: Tx, note_ids: Collection[UUID]) -> Mapping[UUID, list[NoteReader]]:
    found: dict[UUID, list[NoteReader]] = defaultdict(list)
    if note_ids:
        statement = select(handover_reads).where(_r.org_id == tx.org_id, _r.note_id.in_(note_ids)).order_by(_r.read_at)
        for row in tx.conn.execute(statement):
            found[row.note_id].append(NoteReader(row.user_id, row.user_name, row.read_at))
    return found


def _note(row: RowMapping, readers: Sequence[NoteReader]) -> HandoverNote:
    values = {name: row[name] for name in HandoverNote.__dataclass_fields__ if name != "read_by"}
    return HandoverNote(**values, read_by=readers)
