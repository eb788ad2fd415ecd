"""Writes of handover notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, Role
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.handover.domain import KEPT_FOR, HandoverNote, NoteChangedError, NotYourNoteError
from geo_assign.handover.queries import get_note
from geo_assign.handover.tables import handover_notes, handover_reads
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workorders.queries import list_numbers

_n, _r = handover_notes.c, handover_reads.c


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note to leave: for a store, or for one group, whose store follows. `keep_days` None: a week."""

    text: str
    store_id: UUID | None = None
    group_id: UUID | None = None
    work_order_ids: Sequence[UUID] = ()
    keep_days: int | None = None


class NoteChanges(TypedDict, total=False):
    """What may be changed of a note."""

    text: str
    work_order_ids: Sequence[UUID]
    keep_days: int


def leave_note(tx: Tx, caller: Caller, new: NewNote, note_id: UUID) -> HandoverNote:
    """Raises InvalidError, with the member, for what is outside the caller's scope; InactiveError."""
    store_id = _place(tx, caller, new)
    _require_orders(tx, caller, new.work_order_ids)
    now = tx.now()
    kept_for = KEPT_FOR if new.keep_days is None else timedelta(days=new.keep_days)
    values = {
        "store_id": store_id,
        "group_id": new.group_id,
        "text": new.text,
        "work_order_ids": list(dict.fromkeys(new.work_order_ids)),
        "author_id": caller.id,
        "author_name": caller.name,
        "created_at": now,
        "updated_at": now,
        "expires_at": now + kept_for,
    }
    tx.conn.execute(insert(handover_notes).values(org_id=tx.org_id, id=note_id, **values))
    audit(tx, caller, "handover_note.left", subject_kind="handover_note", subject_id=note_id)
    return get_note(tx, caller.scope, note_id)


def change_note(tx: Tx, caller: Caller, note_id: UUID, changes: NoteChanges, *, version: int | None) -> HandoverNote:
    """Change a note; who has read it has not read the new one. `keep_days` counts from now.

    Raises NoteNotFoundError, NotYourNoteError, NoteChangedError, InvalidError.
    """
    note = _lock(tx, caller, note_id)
    if version is not None and note.version != version:
        raise NoteChangedError(current=note, changed_at=note.updated_at)
    if note.author_id != caller.id and caller.role not in {Role.ADMINISTRATOR, Role.STORE_ADMINISTRATOR}:
        raise NotYourNoteError
    now = tx.now()
    sets: dict[str, object] = {"version": note.version + 1, "updated_at": now}
    if "text" in changes:
        sets["text"] = changes["text"]
    if "work_order_ids" in changes:
        added = [one for one in changes["work_order_ids"] if one not in note.work_order_ids]
        _require_orders(tx, caller, added)
        sets["work_order_ids"] = list(dict.fromkeys(changes["work_order_ids"]))
    if "keep_days" in changes:
        sets["expires_at"] = now + timedelta(days=changes["keep_days"])
    tx.conn.execute(update(handover_notes).where(_n.org_id == tx.org_id, _n.id == note_id).values(sets))
    if changes.keys() - {"keep_days"}:
        tx.conn.execute(delete(handover_reads).where(_r.org_id == tx.org_id, _r.note_id == note_id))
    fields = sorted(changes)
    audit(tx, caller, "handover_note.changed", subject_kind="handover_note", subject_id=note_id, fields=fields)
    return get_note(tx, caller.scope, note_id)


def delete_note(tx: Tx, caller: Caller, note_id: UUID) -> None:
    """A note that is done with: all who see it may take it away. Raises NoteNotFoundError."""
    _lock(tx, caller, note_id)
    tx.conn.execute(delete(handover_notes).where(_n.org_id == tx.org_id, _n.id == note_id))
    audit(tx, caller, "handover_note.deleted", subject_kind="handover_note", subject_id=note_id)


def mark_read(tx: Tx, caller: Caller, note_id: UUID) -> HandoverNote:
    """Note that the caller has read it; the first time stays. Raises NoteNotFoundError."""
    get_note(tx, caller.scope, note_id)
    values = {"note_id": note_id, "user_id": caller.id, "user_name": caller.name, "read_at": tx.now()}
    tx.conn.execute(upsert(handover_reads).values(org_id=tx.org_id, **values).on_conflict_do_nothing())
    return get_note(tx, caller.scope, note_id)


def mark_unread(tx: Tx, caller: Caller, note_id: UUID) -> HandoverNote:
    """Take the caller's mark away. Raises NoteNotFoundError."""
    get_note(tx, caller.scope, note_id)
    own = (_r.org_id == tx.org_id, _r.note_id == note_id, _r.user_id == caller.id)
    tx.conn.execute(delete(handover_reads).where(*own))
    return get_note(tx, caller.scope, note_id)


def _place(tx: Tx, caller: Caller, new: NewNote) -> UUID:
    """The store that the note is for."""
    if new.group_id is not None:
        try:
            group = get_group(tx, caller.scope, new.group_id)
        except NotFoundError as error:
            raise InvalidError.at("/group_id", "unknown_group", "There is no such group here.") from error
        if new.store_id not in {None, group.store_id}:
            raise InvalidError.at("/group_id", "group_of_another_store", "The group belongs to another store.")
        if not group.active:
            raise InactiveError(f"{group.name} is closed.")
        return group.store_id
    if new.store_id is None:
        raise InvalidError.at("/store_id", "missing", "Say for which store or group it is.")
    try:
        store = get_store(tx, caller.scope, new.store_id)
    except NotFoundError as error:
        raise InvalidError.at("/store_id", "unknown_store", "There is no such store here.") from error
    if not store.active:
        raise InactiveError(f"{store.name} is closed.")
    return store.id


def _require_orders(tx: Tx, caller: Caller, order_ids: Sequence[UUID]) -> None:
    """Raises InvalidError for the first that does not exist for the caller."""
    known = list_numbers(tx, caller.scope, set(order_ids)) if order_ids else {}
    for index, order_id in enumerate(order_ids):
        if order_id not in known:
            pointer = f"/work_order_ids/{index}"
            raise InvalidError.at(pointer, "unknown_work_order", "There is no such work order here.")


def _lock(tx: Tx, caller: Caller, note_id: UUID) -> HandoverNote:
    locked = handover_notes.select().where(_n.org_id == tx.org_id, _n.id == note_id).with_for_update()
    tx.conn.execute(locked)
    return get_note(tx, caller.scope, note_id)
